// Runs in the browser, on pages with passkeys: shows their buttons where the browser can use them, and sends
// what the authenticator answers by the plain form around the button. WebAuthn Level 3 §5.1
{
  const { credentials } = navigator
  const { PublicKeyCredential } = window
  const canUsePasskeys =
    credentials !== undefined &&
    typeof PublicKeyCredential?.parseCreationOptionsFromJSON === 'function' &&
    typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function'

  // The style sheet shows the buttons by it, or what is said in their place.
  document.documentElement.classList.add(canUsePasskeys ? 'passkeys' : 'no-passkeys')

  // One ceremony at a time: the browser refuses a second one.
  let pending = new AbortController()

  const ask = (form, mediation) => {
    pending.abort()
    pending = new AbortController()
    const { signal } = pending
    const options = JSON.parse(form.dataset.options)
    if (form.dataset.ceremony === 'create') {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
      return credentials.create({ publicKey, signal })
    }
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
    return credentials.get({ publicKey, signal, ...(mediation && { mediation }) })
  }

  const send = (form, credential) => {
    const { credential: answer, remember_me: remember } = form.elements
    answer.value = JSON.stringify(credential.toJSON())
    // The box stands in the form for passwords, and is meant for both.
    if (remember)
      remember.value = document.querySelector('input[type=checkbox][name=remember_me]:checked')?.value ?? ''
    form.submit()
  }

  // Passkeys among what the browser offers to fill in. Nobody has asked for one yet, so nothing is said if it fails.
  const offer = async (form) => {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
    const credential = await ask(form, 'conditional').catch(() => null)
    if (credential) send(form, credential)
  }

  const prepare = (form) => {
    const button = form.querySelector('button')
    const problem = form.querySelector('.problem')
    const isOffered = form.dataset.conditional === 'true'
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      problem.hidden = true
      button.disabled = true
      try {
        send(form, await ask(form))
      } catch {
        problem.hidden = false
        button.disabled = false
        button.focus()
        if (isOffered) offer(form)
      }
    })
    if (isOffered) offer(form)
  }

  if (canUsePasskeys) document.querySelectorAll('form[data-ceremony]').forEach(prepare)
}
