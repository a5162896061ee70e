/** A person on the way to an application, while the servers that they have reached are killed one after the other. */
import { expect, test } from 'bun:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { authorizePath, Browser, type Page, VERIFIER } from '../authorization-server/browser.ts'
import type { RunningAuthy2 } from '../support/authy2.ts'
import { freePort } from '../support/programs.ts'
import { remoteSite } from '../support/remote-site.ts'
import { canRunInstances, startInstances } from './instances.ts'

const EMAIL = 'ada@example.com'
const PASSWORD = 'quiet-Harbour-71-lantern'
const CALLBACK = 'https://wiki.example.com/callback'

/** Servers behind one name: whichever `current` is answers. */
async function arrange(count: number) {
  const publicUrl = `http://localhost:${freePort()}`
  const { servers, [Symbol.asyncDispose]: dispose } = await startInstances(count, { PUBLIC_URL: publicUrl })
  let current = 0
  const site = remoteSite(publicUrl, () => at(servers, current).url)
  const first = at(servers, 0)
  const { token } = (
    await first.call('POST', '/auth/register', { body: { email: EMAIL, password: PASSWORD } })
  ).body.data
  const created = await first.call('POST', '/organizations', { token, body: { name: 'Acme' } })
  const { client, client_secret } = (
    await first.call('POST', `/organizations/${created.body.data.organization.id}/clients`, {
      token,
      body: { client_name: 'Wiki', redirect_uris: [CALLBACK], grant_types: ['authorization_code'] },
    })
  ).body.data
  return {
    publicUrl,
    browser: new Browser(() => site),
    client: { id: client.client_id as string, secret: client_secret as string },
    current: () => at(servers, current),
    /** Ends the server that answers, at once, and has the next one answer. */
    async killCurrent() {
      const server = at(servers, current++)
      server.signal('SIGKILL')
      await server.exited
    },
    [Symbol.asyncDispose]: dispose,
  }
}

const at = (servers: readonly RunningAuthy2[], index: number): RunningAuthy2 => {
  const server = servers[index]
  if (!server) throw new Error('No server is left')
  return server
}

const redeem = (here: Awaited<ReturnType<typeof arrange>>, { location }: Page) =>
  here.browser.form('/oidc/token', {
    grant_type: 'authorization_code',
    code: location?.searchParams.get('code') ?? '',
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
    client_id: here.client.id,
    client_secret: here.client.secret,
  })

test.skipIf(!canRunInstances)(
  'a server that is killed after any step costs nobody anything: the next one goes on with the page that was shown',
  async () => {
    await using here = await arrange(4)
    const { browser, client } = here
    const signIn = await browser.follow(await browser.get(authorizePath(client)))
    await here.killCurrent()
    const sent = await browser.submit(signIn, { email: EMAIL, password: PASSWORD }, '/login')
    const consent = await browser.follow(sent)
    await here.killCurrent()
    const done = await browser.submit(consent, { decision: 'allow' })
    expect(done.location?.href).toStartWith(`${CALLBACK}?`)
    await here.killCurrent()
    const { status, json } = await redeem(here, done)
    expect(status).toBe(200)
    const jwks = createRemoteJWKSet(new URL(`${here.current().url}/oidc/jwks`))
    const { payload } = await jwtVerify(json.id_token, jwks, { issuer: here.publicUrl, audience: client.id })
    expect(payload.amr).toEqual(['pwd'])
  },
  60_000,
)

test.skipIf(!canRunInstances)(
  'a server that is killed while it answers costs one repeated page at most',
  async () => {
    await using here = await arrange(2)
    const { browser, client } = here
    const signIn = await browser.follow(await browser.get(authorizePath(client)))
    const consent = await browser.follow(
      await browser.submit(signIn, { email: EMAIL, password: PASSWORD }, '/login'),
    )
    const lost = browser.submit(consent, { decision: 'allow' }).then(
      (page) => page,
      () => undefined,
    )
    await here.killCurrent()
    // Answered, or not, or done and the answer lost: sent again, or begun again, it goes on without a sign-in.
    const answered = (await lost) ?? (await browser.submit(consent, { decision: 'allow' }))
    const done =
      answered.status === 410 ? await browser.follow(await browser.get(authorizePath(client))) : answered
    expect(done.location?.href).toStartWith(`${CALLBACK}?`)
    expect((await redeem(here, done)).status).toBe(200)
  },
  60_000,
)
