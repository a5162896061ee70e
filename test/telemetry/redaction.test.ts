import { expect, test } from 'bun:test'
import { systemClock } from '../../src/kernel/index.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { codeAt } from '../support/authenticator-app.ts'
import { emptyFolder, FROM_SOURCES, type RunningAuthy2, startAuthy2 } from '../support/authy2.ts'
import type { Answer } from '../support/server.ts'

const PASSWORDS = {
  first: 'quiet-Harbour-71-lantern',
  wrong: 'wrong-Guess-39-umbrella',
  reset: 'brave-Meadow-28-violin',
  changed: 'calm-Glacier-54-teapot',
  invited: 'swift-Orchard-16-compass',
  recovered: 'tall-Lighthouse-83-saffron',
}
const ADA = 'ada.secret@example.com'
const BOB = 'bob.secret@example.com'

/** What a person writes into a form, and what the server gives to them alone. */
class Secrets {
  readonly #kept = new Set<string>([...Object.values(PASSWORDS), ADA, BOB])

  keep(secret: string): string {
    expect(secret.length).toBeGreaterThan(8)
    this.#kept.add(secret)
    // Also as it looks inside of a JSON text or an address.
    this.#kept.add(encodeURIComponent(secret))
    return secret
  }

  foundIn(text: string): string[] {
    return [...this.#kept].filter((secret) => text.includes(secret))
  }
}

const succeeded = ({ status, body }: Answer): Answer['body'] => {
  expect([status, status < 300 ? '' : body]).toEqual([status, ''])
  return body.data
}

/** The token in the last mail of a kind to somebody. */
async function mailedToken(server: RunningAuthy2, kind: string, to: string): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const { mails } = (await (await fetch(`${server.url}/dev/mail.json`)).json()) as {
      mails: { kind: string; to: string; link: string; at: string }[]
    }
    const [mail] = mails
      .filter((each) => each.kind.endsWith(kind) && each.to === to)
      .sort((a, b) => b.at.localeCompare(a.at))
    const [token] = /a2[a-z]_[\w-]+/.exec(mail?.link ?? '') ?? []
    if (token) return token
    await Bun.sleep(25)
  }
  throw new Error(`No mail ${kind} came`)
}

test('the whole log of people who sign in, reset and invite holds none of their secrets', async () => {
  await using place = emptyFolder()
  await using server = await startAuthy2({
    program: FROM_SOURCES,
    folder: place.folder,
    env: { NODE_ENV: 'test', LOG_LEVEL: 'debug', PASSWORD_HASH: 'bcrypt', BCRYPT_LOG_ROUNDS: '4' },
  })
  const secrets = new Secrets()
  const { call } = server

  // Registers, mistypes, signs in, by token and by cookie.
  const registered = succeeded(
    await call('POST', '/auth/register', { body: { email: ADA, password: PASSWORDS.first } }),
  )
  secrets.keep(registered.token)
  const mistyped = await call('POST', '/auth/login', { body: { email: ADA, password: PASSWORDS.wrong } })
  expect(mistyped.status).toBe(401)
  const signedIn = await call('POST', '/auth/login', { body: { email: ADA, password: PASSWORDS.first } })
  const [cookie = ''] = /^[^;]+/.exec(signedIn.headers.get('set-cookie') ?? '') ?? []
  secrets.keep(cookie.split('=')[1] ?? '')
  expect((await call('GET', '/auth/me', { headers: { cookie } })).status).toBe(200)
  const garbage = secrets.keep(`${registered.token.slice(0, -2)}zz`)
  expect((await call('GET', '/auth/me', { token: garbage })).status).toBe(401)

  // Proves the address, forgets the password, sets another, changes it.
  const verification = secrets.keep(await mailedToken(server, 'verify_email', ADA))
  succeeded(await call('POST', '/auth/verify-email', { body: { token: verification } }))
  succeeded(await call('POST', '/auth/forgot-password', { body: { email: ADA } }))
  const reset = secrets.keep(await mailedToken(server, 'reset_password', ADA))
  succeeded(await call('POST', '/auth/reset-password', { body: { token: reset, password: PASSWORDS.reset } }))
  const again = await call('POST', '/auth/reset-password', {
    body: { token: reset, password: PASSWORDS.reset },
  })
  expect(again.status).toBeGreaterThanOrEqual(400)
  const { token: second } = succeeded(
    await call('POST', '/auth/login', { body: { email: ADA, password: PASSWORDS.reset } }),
  )
  let { token } = succeeded(
    await call('POST', '/users/me/password', {
      token: secrets.keep(second),
      body: { current_password: PASSWORDS.reset, new_password: PASSWORDS.changed },
    }),
  )
  secrets.keep(token)

  // Makes an API key and uses it.
  const created = succeeded(
    await call('POST', '/users/me/api-keys', { token, body: { name: 'ci', scopes: ['profile:read'] } }),
  )
  const key = secrets.keep(/a2k_[\w-]+/.exec(JSON.stringify(created))?.[0] ?? '')
  succeeded(await call('GET', '/users/me', { token: key }))

  // Enrols an authenticator app and a passkey, signs in and steps up with them and with a backup code.
  const signIn = async () =>
    succeeded(await call('POST', '/auth/login', { body: { email: ADA, password: PASSWORDS.changed } }))
  const enrolment = succeeded(await call('POST', '/auth/totp/enroll', { token }))
  const enrolled = succeeded(
    await call('POST', '/auth/totp/verify-enrollment', {
      token,
      body: { code: codeAt(secrets.keep(enrolment.secret), systemClock.now()) },
    }),
  )
  const [backupCode = '', another = '', mistypedCode = ''] = (enrolled.backup_codes as string[]).map((code) =>
    secrets.keep(code),
  )
  const authenticator = new SoftwareAuthenticator({ origin: server.url.replace('127.0.0.1', 'localhost') })
  const creation = succeeded(
    await call('POST', '/auth/webauthn/register/begin', { token: secrets.keep(enrolled.token) }),
  )
  secrets.keep(creation.challenge)
  const withPasskey = succeeded(
    await call('POST', '/auth/webauthn/register/complete', {
      token: enrolled.token,
      body: { credential: authenticator.register(creation) },
    }),
  )
  secrets.keep(withPasskey.token)
  const { mfa_token } = await signIn()
  secrets.keep(mfa_token)
  const wrongCode = `${mistypedCode.slice(0, -1)}0`
  await call('POST', '/auth/totp/verify', { body: { mfa_token, code: secrets.keep(`${wrongCode}0`) } })
  const byCode = succeeded(await call('POST', '/auth/totp/verify', { body: { mfa_token, code: backupCode } }))
  const question = succeeded(await call('POST', '/auth/webauthn/login/begin', { body: {} }))
  const signed = authenticator.sign(question)
  secrets.keep(signed.response.signature)
  secrets.keep(signed.response.clientDataJSON)
  const byPasskey = succeeded(
    await call('POST', '/auth/webauthn/login/complete', { body: { credential: signed } }),
  )
  secrets.keep(byPasskey.token)
  const stepped = succeeded(
    await call('POST', '/auth/step-up', {
      token: secrets.keep(byCode.token),
      body: { method: 'backup_code', code: another },
    }),
  )
  token = secrets.keep(stepped.token)

  // Invites somebody, who looks, registers and comes in.
  const { organization } = succeeded(await call('POST', '/organizations', { token, body: { name: 'Acme' } }))
  const invites = `/organizations/${organization.id}/invites`
  succeeded(await call('POST', invites, { token, body: { email: BOB, role: 'member' } }))
  const invite = secrets.keep(await mailedToken(server, 'invite', BOB))
  succeeded(await call('GET', `/invites/${invite}`))
  const bob = succeeded(
    await call('POST', '/auth/register', { body: { email: BOB, password: PASSWORDS.invited } }),
  )
  secrets.keep(bob.token)
  await call('POST', `/invites/${invite}/accept`, { token: bob.token })
  await call('GET', `/invites/${invite}/nowhere`)

  // An administrator makes a recovery link for somebody who has lost everything.
  const { url } = succeeded(await call('POST', `/admin/users/${bob.user.id}/recovery-link`, { token }))
  const recovery = secrets.keep(new URL(url).searchParams.get('token') ?? '')
  succeeded(await call('POST', '/auth/recover', { body: { token: recovery, password: PASSWORDS.recovered } }))

  // Secrets where they do not belong: in query strings, in what does not parse, in what does not fit.
  await call('GET', `/organizations/${organization.id}/members?search=${encodeURIComponent(BOB)}`, { token })
  await call('GET', `/auth/me?access_token=${bob.token}`)
  await call('GET', `/nowhere?token=${reset}&email=${encodeURIComponent(ADA)}`)
  await call('GET', `/auth/sessions?cursor=${key}`, { token })
  await fetch(`${server.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"email":"${ADA}","password":"${PASSWORDS.changed}"`,
  })
  await call('POST', '/auth/login', { body: { email: ADA, password: [PASSWORDS.changed] } })
  await call('PATCH', '/users/me', { token, body: { email: { secret: PASSWORDS.changed } } })
  succeeded(await call('POST', '/auth/logout', { token }))

  server.signal('SIGTERM')
  expect(await server.exited).toBe(0)
  const lines = server.log().trimEnd().split('\n')
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const requests = events.filter(({ msg }) => msg === 'request')
  expect(requests.length).toBeGreaterThan(25)
  for (const request of requests) {
    expect(request).toMatchObject({
      request_id: expect.any(String),
      method: expect.any(String),
      status: expect.any(Number),
      ms: expect.any(Number),
    })
    expect(String(request.route)).not.toContain('?')
  }
  expect(requests.map(({ route }) => route)).toContain('/api/v1/invites/:token')
  expect(secrets.foundIn(lines.join('\n'))).toEqual([])
  expect(secrets.foundIn(server.errors())).toEqual([])
  expect(lines.join('\n')).not.toMatch(/a2[a-z]_[\w-]{20}/)
}, 60_000)
