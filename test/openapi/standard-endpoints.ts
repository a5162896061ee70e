import { PASSWORD, withPassword } from '../authentication/people.ts'
import { Browser, interactionOf, VERIFIER } from '../authorization-server/browser.ts'
import type { TestServer } from '../support/server.ts'
import type { Data, walkThrough } from './walk.ts'

type Send = ReturnType<typeof walkThrough>['send']

const ORGANIZATION = '/api/v1/organizations/{id}'
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
/** Of every example that names one. */
const CALLBACK = 'https://wiki.example.com/auth/callback'

/** An application that does by itself all that the standards have for it, with one person and one device. */
export async function useStandards(
  t: TestServer,
  send: Send,
  { token, organizationId }: { token: string; organizationId: string },
): Promise<void> {
  for (const document of ['openid-configuration', 'oauth-authorization-server', 'oauth-protected-resource']) {
    await send(`GET /.well-known/${document}`)
  }
  await send('GET /.well-known/oauth-protected-resource/api')
  await send('GET /oidc/jwks')

  const { client, client_secret } = await send(`POST ${ORGANIZATION}/clients`, {
    token,
    path: { id: organizationId },
    fill: {
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_CODE, TOKEN_EXCHANGE],
      scope: 'openid profile email reports:read',
      access: { members_only: false },
    },
  })
  const id = client.client_id
  const headers = { authorization: `Basic ${btoa(`${id}:${client_secret}`)}` }

  const person = await withPassword(t, { email: 'dora@example.com' })
  const session = await send('POST /api/v1/auth/login', { fill: { email: person.email, password: PASSWORD } })
  const browser = new Browser(() => t)
  const code = await signIn(send, { id, headers, browser, person })
  const tokens = await send('POST /oidc/token', { headers, fill: { code, code_verifier: VERIFIER } })
  const byToken = { headers: { authorization: `Bearer ${tokens.access_token}` } }
  await send('GET /oidc/userinfo', byToken)
  await send('POST /oidc/userinfo', { fill: { access_token: tokens.access_token } })
  await send('POST /oidc/introspect', { headers, fill: { token: tokens.access_token } })
  const { refresh_token } = await send('POST /oidc/token', {
    headers,
    example: 'example2',
    fill: { refresh_token: tokens.refresh_token },
  })
  await send('POST /oidc/token', { headers, example: 'example3' })
  await signInOnDevice(send, headers, session.token)
  await send('POST /oidc/token', { headers, example: 'example5', fill: { subject_token: session.token } })
  await send('POST /oidc/revoke', { headers, fill: { token: refresh_token } })
  await send('GET /oidc/logout', { headers: { cookie: browser.cookieHeader } })
  await send('POST /oidc/logout', { status: 303 })
  await registerItself(send, { token, organizationId })
}

/** What the browser brings back, after a request that was pushed. */
async function signIn(
  send: Send,
  { id, headers, browser, person }: { id: string; headers: object; browser: Browser; person: Data },
): Promise<string> {
  const { request_uri } = await send('POST /oidc/par', { headers: { ...headers } })
  const query = `?${new URLSearchParams({ client_id: id, request_uri })}`
  await send('POST /oidc/authorize', { fill: { client_id: id, request_uri }, status: 303 })
  const sent: Headers = await send('GET /oidc/authorize', { query, status: 303 })
  if (!sent.get('location')?.startsWith('/login')) throw new Error('Nobody is asked to sign in')
  const interaction = interactionOf(await browser.get(`/oidc/authorize${query}`))
  await browser.step(interaction, 'login', { email: person.email, password: PASSWORD })
  const { json } = await browser.step(interaction, 'consent', { scopes: ['openid', 'profile', 'email'] })
  return new URL(json.data.location).searchParams.get('code') ?? ''
}

async function signInOnDevice(send: Send, headers: object, token: string): Promise<void> {
  const device = await send('POST /oidc/device', { headers: { ...headers } })
  await send('POST /api/v1/oidc/device/approve', { token, fill: { user_code: device.user_code } })
  await send('POST /oidc/token', {
    headers: { ...headers },
    example: 'example4',
    fill: { device_code: device.device_code },
  })
}

async function registerItself(
  send: Send,
  { token, organizationId }: { token: string; organizationId: string },
): Promise<void> {
  const { initial_access_token } = await send(`POST ${ORGANIZATION}/initial-access-tokens`, {
    token,
    path: { id: organizationId },
  })
  const made = await send('POST /oidc/register', { token: initial_access_token })
  const itself = { token: made.registration_access_token, path: { client_id: made.client_id } }
  await send('GET /oidc/register/{client_id}', itself)
  await send('PUT /oidc/register/{client_id}', { ...itself, fill: { client_id: made.client_id } })
  await send('DELETE /oidc/register/{client_id}', itself)
}
