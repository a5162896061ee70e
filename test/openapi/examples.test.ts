import { describe, expect, test } from 'bun:test'
import { withTotp } from '../authentication/factors.ts'
import { PASSWORD, withPassword } from '../authentication/people.ts'
import { authorizePath, Browser, interactionOf } from '../authorization-server/browser.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { codeAt } from '../support/authenticator-app.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { fetchDocument } from './described.ts'
import { useStandards } from './standard-endpoints.ts'
import { type Data, walkThrough } from './walk.ts'

const METRICS_TOKEN = 'scraped-by-prometheus-0123456789'
const AUTH = '/api/v1/auth'
const ME = '/api/v1/users/me'
const ADMIN = '/api/v1/admin'
const ORGANIZATION = '/api/v1/organizations/{id}'
const DEPARTMENT = `${ORGANIZATION}/departments/{deptId}`
const CLIENT = `${ORGANIZATION}/clients/{clientId}`
const INTERACTION = '/api/v1/oidc/interactions/{id}'
const DEVICE = '/api/v1/oidc/device'
const PRINCIPAL = `${ORGANIZATION}/principals/{principalId}`

type Send = ReturnType<typeof walkThrough>['send']

describe.each(testDialects)('on $name', (dialect) => {
  test('every documented example gets the documented answer', async () => {
    await using t = await testServer({
      dialect,
      env: { METRICS_TOKEN, WEBAUTHN_ORIGINS: 'https://app.example.net' },
    })
    const { send, unvisited } = walkThrough(t, await fetchDocument(t))

    await readDocuments(send)
    const alice = await send(`POST ${AUTH}/register`)
    await send(`POST ${AUTH}/register`, { fill: { email: 'bob@acme-corp.com', password: 'UserPass123!' } })
    const bob = await send(`POST ${AUTH}/login`)
    await useSessions(t, send, bob)
    const bobAgain = await enrolPasskey(send, await enrolApp(t, send, await changePasswords(t, send)))
    const apiKey = await useProfile(send, bobAgain)
    await send(`DELETE ${ME}/api-keys/{id}`, { token: bobAgain.token, path: { id: apiKey.id } })

    const organization = await foundOrganization(t, send, alice)
    await useDepartments(send, alice, organization)
    await useClients(send, alice, organization)
    await signInToApplication(t, send, alice, organization)
    await useStandards(t, send, { token: alice.token, organizationId: organization.id })
    await leaveOrganization(send, alice, organization)
    await administrate(t, send, alice, bobAgain)

    expect(unvisited()).toEqual([])
  })
})

async function readDocuments(send: Send): Promise<void> {
  await send('GET /api/health')
  await send('GET /api/health/live')
  await send('GET /api/health/ready')
  await send('GET /metrics', { token: METRICS_TOKEN })
  await send('GET /openapi')
  await send('GET /.well-known/webauthn')
  await send('GET /openapi/json')
}

async function useSessions(t: TestServer, send: Send, { token }: Data): Promise<void> {
  await send(`GET ${AUTH}/me`, { token })
  const { sessions } = await send(`GET ${AUTH}/sessions`, { token })
  const other = sessions.find((session: Data) => !session.is_current)
  await send(`DELETE ${AUTH}/sessions/{id}`, { token, path: { id: other.id } })
  await send(`POST ${AUTH}/sessions/revoke-others`, { token })

  await send(`POST ${AUTH}/resend-verification`, { token })
  const [mail] = (await mailsOf(t, 'verify_email', 'bob@acme-corp.com')).slice(-1)
  await send(`POST ${AUTH}/verify-email`, { fill: { token: mail?.token } })
  await send(`POST ${AUTH}/logout`, { token })
}

/** Bob forgets his password, gets the one that examples know again, and ends up signed in. */
async function changePasswords(t: TestServer, send: Send): Promise<Data> {
  await send(`POST ${AUTH}/forgot-password`)
  const [mail] = (await mailsOf(t, 'reset_password', 'bob@acme-corp.com')).slice(-1)
  await send(`POST ${AUTH}/reset-password`, { fill: { token: mail?.token, password: 'UserPass123!' } })
  const signedIn = await send(`POST ${AUTH}/login`)
  const { token } = await send(`POST ${ME}/password`, { token: signedIn.token })
  await send(`POST ${ME}/password`, {
    token,
    fill: { current_password: 'correct horse 7 battery', new_password: 'UserPass123!' },
  })
  return send(`POST ${AUTH}/login`)
}

/** An authenticator app comes and goes again; the session goes on with another token. */
async function enrolApp(t: TestServer, send: Send, bob: Data): Promise<Data> {
  const { token: stepped } = await send(`POST ${AUTH}/step-up`, { token: bob.token })
  const { secret } = await send(`POST ${AUTH}/totp/enroll`, { token: stepped })
  const { token } = await send(`POST ${AUTH}/totp/verify-enrollment`, {
    token: stepped,
    fill: { code: codeAt(secret, t.clock.now()) },
  })
  await send(`GET ${AUTH}/totp/status`, { token })
  const { backup_codes } = await send(`POST ${AUTH}/totp/backup-codes/regenerate`, { token })
  const { mfa_token } = await send(`POST ${AUTH}/login`)
  await send(`POST ${AUTH}/totp/verify`, { fill: { mfa_token, code: backup_codes[0] } })
  await send(`POST ${AUTH}/totp/disable`, { token })
  return { ...bob, token }
}

/** The same with a passkey. */
async function enrolPasskey(send: Send, bob: Data): Promise<Data> {
  const key = new SoftwareAuthenticator()
  const options = await send(`POST ${AUTH}/webauthn/register/begin`, { token: bob.token })
  const { token, credential } = await send(`POST ${AUTH}/webauthn/register/complete`, {
    token: bob.token,
    fill: { credential: key.register(options) },
  })
  const path = { id: credential.id }
  await send(`POST ${AUTH}/step-up/begin`, { token })
  const question = await send(`POST ${AUTH}/webauthn/login/begin`)
  await send(`POST ${AUTH}/webauthn/login/complete`, { fill: { credential: key.sign(question) } })
  await send(`GET ${AUTH}/webauthn/status`, { token })
  await send(`GET ${AUTH}/webauthn/credentials`, { token })
  await send(`PATCH ${AUTH}/webauthn/credentials/{id}`, { token, path })
  await send(`DELETE ${AUTH}/webauthn/credentials/{id}`, { token, path })
  return { ...bob, token }
}

async function useProfile(send: Send, { token }: Data): Promise<Data> {
  for (const path of [
    '',
    '/organizations',
    '/invites',
    '/principals',
    '/mfa-compliance',
    '/audit-logs',
    '/export',
  ]) {
    await send(`GET ${ME}${path}`, { token })
  }
  await send(`PATCH ${ME}`, { token })
  const { api_key } = await send(`POST ${ME}/api-keys`, { token })
  await send(`GET ${ME}/api-keys`, { token })
  return api_key
}

/** Alice founds an organization, invites a colleague who accepts, and tries out what can be done to a member. */
async function foundOrganization(t: TestServer, send: Send, { token }: Data): Promise<Data> {
  const { organization } = await send('POST /api/v1/organizations', { token })
  const path = { id: organization.id }
  await send(`GET ${ORGANIZATION}`, { token, path })
  await send(`PATCH ${ORGANIZATION}`, { token, path })
  await send(`GET ${ORGANIZATION}/roles`, { token, path })
  for (const query of ['', '?format=ndjson', '?format=csv']) {
    await send(`GET ${ORGANIZATION}/audit-logs`, { token, path, query })
  }

  const { invite: unwanted } = await send(`POST ${ORGANIZATION}/members`, { token, path })
  await send(`DELETE ${ORGANIZATION}/invites/{inviteId}`, { token, path: { ...path, inviteId: unwanted.id } })
  const { invite } = await send(`POST ${ORGANIZATION}/invites`, { token, path })
  await send(`GET ${ORGANIZATION}/invites`, { token, path })
  const inviteId = invite.id
  await send(`POST ${ORGANIZATION}/invites/{inviteId}/resend`, { token, path: { ...path, inviteId } })

  const colleague = await send(`POST ${AUTH}/register`, { fill: { email: invite.email } })
  const [verification] = await mailsOf(t, 'verify_email', invite.email)
  await send(`POST ${AUTH}/verify-email`, { fill: { token: verification?.token } })
  const [invitation] = (await mailsOf(t, 'invite', invite.email)).slice(-1)
  const invited = { path: { token: invitation?.token ?? '' } }
  await send('GET /api/v1/invites/{token}', invited)
  await send('POST /api/v1/invites/{token}/accept', { ...invited, token: colleague.token })

  const member = { token, path: { ...path, userId: colleague.user.id } }
  await send(`GET ${ORGANIZATION}/members`, { token, path })
  await send(`PATCH ${ORGANIZATION}/members/{userId}/role`, member)
  await send(`POST ${ORGANIZATION}/members/{userId}/suspend`, member)
  await send(`POST ${ORGANIZATION}/members/{userId}/unsuspend`, member)
  await secureOrganization(send, member)
  return { ...organization, colleague }
}

/** What is asked of everybody, what of the colleague beside, and how far both comply. */
async function secureOrganization(
  send: Send,
  member: { token: string; path: { id: string; userId: string } },
): Promise<void> {
  await send(`GET ${ORGANIZATION}/security-policy`, member)
  await send(`PUT ${ORGANIZATION}/security-policy`, member)
  await send(`PATCH ${ORGANIZATION}/users/{userId}/security-policy`, member)
  await send(`GET ${ORGANIZATION}/users/{userId}/security-policy`, member)
  for (const query of ['', '?format=csv']) {
    await send(`GET ${ORGANIZATION}/mfa-compliance`, { ...member, query })
  }
  await send(`POST ${ORGANIZATION}/members/{userId}/send-mfa-reminder`, member)
}

async function useDepartments(send: Send, { token }: Data, { id, colleague }: Data): Promise<void> {
  const userId = colleague.user.id
  const organization = { token, path: { id } }
  const { department } = await send(`POST ${ORGANIZATION}/departments`, organization)
  const inDepartment = { token, path: { id, deptId: department.id, userId } }
  await send(`GET ${ORGANIZATION}/departments`, organization)
  await send(`GET ${DEPARTMENT}`, inDepartment)
  await send(`PATCH ${DEPARTMENT}`, inDepartment)
  await send(`POST ${DEPARTMENT}/members`, { ...inDepartment, fill: { user_id: userId } })
  await send(`GET ${DEPARTMENT}/members`, inDepartment)

  const { principal } = await send(`POST ${ORGANIZATION}/principals`, organization)
  const ofPrincipal = { token, path: { ...inDepartment.path, principalId: principal.id } }
  await send(`GET ${ORGANIZATION}/principals`, organization)
  await send(`GET ${PRINCIPAL}`, ofPrincipal)
  await send(`PATCH ${PRINCIPAL}`, ofPrincipal)
  await send(`POST ${PRINCIPAL}/members`, { ...ofPrincipal, fill: { user_id: userId } })
  await send(`GET ${PRINCIPAL}/members`, ofPrincipal)
  await send(`POST ${PRINCIPAL}/departments`, { ...ofPrincipal, fill: { department_id: department.id } })
  await send(`GET ${PRINCIPAL}/departments`, ofPrincipal)

  await send(`DELETE ${PRINCIPAL}/departments/{deptId}`, ofPrincipal)
  await send(`DELETE ${PRINCIPAL}/members/{userId}`, ofPrincipal)
  await send(`DELETE ${PRINCIPAL}`, ofPrincipal)
  await send(`DELETE ${DEPARTMENT}/members/{userId}`, inDepartment)
  await send(`DELETE ${DEPARTMENT}`, inDepartment)
}

async function useClients(send: Send, { token }: Data, { id }: Data): Promise<void> {
  const organization = { token, path: { id } }
  const { client } = await send(`POST ${ORGANIZATION}/clients`, organization)
  const ofClient = { token, path: { id, clientId: client.client_id } }
  await send(`GET ${ORGANIZATION}/clients`, organization)
  await send(`GET ${CLIENT}`, ofClient)
  await send(`PATCH ${CLIENT}`, ofClient)
  await send(`POST ${CLIENT}/rotate-secret`, ofClient)
  await send(`DELETE ${CLIENT}`, ofClient)
  const issued = await send(`POST ${ORGANIZATION}/initial-access-tokens`, organization)
  await send(`GET ${ORGANIZATION}/initial-access-tokens`, organization)
  await send(`DELETE ${ORGANIZATION}/initial-access-tokens/{tokenId}`, {
    token,
    path: { id, tokenId: issued.id },
  })
}

/** Carol signs in to an application in her browser, and then on a device; at last she takes it all back. */
async function signInToApplication(t: TestServer, send: Send, { token }: Data, { id }: Data): Promise<void> {
  const fill = {
    access: { members_only: false },
    grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
  }
  const made = await send(`POST ${ORGANIZATION}/clients`, { token, path: { id }, fill })
  const client = { id: made.client.client_id, secret: made.client_secret }
  const carol = await withPassword(t, { email: 'carol@example.com' })
  const browser = new Browser(() => t)
  const [redirect_uri] = made.client.redirect_uris
  const begin = async (parameters: Record<string, string> = {}) => {
    const path = authorizePath(client, { redirect_uri, scope: 'openid profile email', ...parameters })
    return { id: interactionOf(await browser.get(path)) }
  }
  const asBrowser = () => ({ cookie: browser.cookieHeader, origin: t.deps.config.publicUrl })
  const take = (step: string, path: { id: string }, changes: object = {}) =>
    send(`POST ${INTERACTION}/${step}`, { path, headers: asBrowser(), fill: changes })

  const first = await begin()
  await send(`GET ${INTERACTION}`, { path: first, headers: asBrowser() })
  await take('login', first, { email: carol.email, password: PASSWORD })
  await browser.step((await begin()).id, 'login', { email: carol.email, password: PASSWORD })
  await take('consent', first)
  await take('continue', await begin({ prompt: 'select_account' }))
  await take('abort', await begin({ prompt: 'consent' }))
  const app = await withTotp(t, carol)
  const second = await begin({ acr_values: 'urn:authy2:acr:2fa' })
  await take('mfa', second, { mfa_token: undefined, code: app.code() })

  const session = await send(`POST ${AUTH}/login`, { fill: { email: carol.email, password: PASSWORD } })
  const signedIn = await send(`POST ${AUTH}/totp/verify`, {
    fill: { mfa_token: session.mfa_token, code: app.backupCodes[0] },
  })
  for (const answer of ['approve', 'deny']) {
    const authorization = `Basic ${btoa(`${client.id}:${client.secret}`)}`
    const device = await browser.form('/oidc/device', { scope: 'openid profile' }, { authorization })
    const { user_code } = device.json
    await send(`POST ${DEVICE}/lookup`, { token: signedIn.token, fill: { user_code } })
    await send(`POST ${DEVICE}/${answer}`, { token: signedIn.token, fill: { user_code } })
  }
  const { grants } = await send(`GET ${ME}/grants`, { token: signedIn.token })
  await send(`DELETE ${ME}/grants/{id}`, { token: signedIn.token, path: { id: grants[0].id } })
}

/** Ownership goes to the colleague, who sends Alice away and closes the organization. */
async function leaveOrganization(send: Send, alice: Data, { id, colleague }: Data): Promise<void> {
  await send(`POST ${ORGANIZATION}/transfer-ownership`, {
    token: alice.token,
    path: { id },
    fill: { user_id: colleague.user.id },
  })
  const { token } = colleague
  await send(`DELETE ${ORGANIZATION}/members/{userId}`, { token, path: { id, userId: alice.user.id } })
  await send(`DELETE ${ORGANIZATION}`, { token, path: { id } })
}

/** Alice registered first. Bob deletes himself in the end; his namesake is deleted. */
async function administrate(t: TestServer, send: Send, { token }: Data, bob: Data): Promise<void> {
  const path = { id: bob.user.id }
  await send(`GET ${ADMIN}/users`, { token })
  await send(`GET ${ADMIN}/audit-logs`, { token })
  await send(`GET ${ADMIN}/signing-keys`, { token })
  await send(`POST ${ADMIN}/signing-keys/rotate`, { token })
  await send(`GET ${ADMIN}/jobs`, { token })
  await send(`POST ${ADMIN}/jobs/{name}/run`, { token, path: { name: 'clean-up' } })
  await t.write(({ tx }) =>
    tx.update(tx.t.outboxMessage).set({ status: 'dead', lastError: 'no such mailbox' }),
  )
  const [deadLetter] = (await send(`GET ${ADMIN}/outbox/dead-letters`, { token })).dead_letters
  await send(`POST ${ADMIN}/outbox/dead-letters/{id}/retry`, { token, path: { id: deadLetter.id } })
  await send(`GET ${ADMIN}/users/{id}`, { token, path })
  await send(`PATCH ${ADMIN}/users/{id}`, { token, path })
  await send(`POST ${ADMIN}/users/{id}/send-password-reset`, { token, path })
  await send(`POST ${ADMIN}/users/{id}/suspend`, { token, path })
  await send(`POST ${ADMIN}/users/{id}/unsuspend`, { token, path })
  await send(`POST ${ADMIN}/users/{id}/revoke-sessions`, { token, path })
  await send(`POST ${ADMIN}/users/{id}/reset-mfa`, { token, path })
  const { url } = await send(`POST ${ADMIN}/users/{id}/recovery-link`, { token, path })
  const recovery = new URL(url).searchParams.get('token')
  await send(`POST ${AUTH}/recover`, { fill: { token: recovery, password: 'UserPass123!' } })
  const { token: bobsToken } = await send(`POST ${AUTH}/login`)
  await send(`DELETE ${ME}`, { token: bobsToken })
  const { user } = await send(`POST ${AUTH}/register`, { fill: { email: 'bob@acme-corp.com' } })
  await send(`DELETE ${ADMIN}/users/{id}`, { token, path: { id: user.id } })
}
