import { describe, expect, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { fetchDocument } from './described.ts'
import { type Data, walkThrough } from './walk.ts'

const METRICS_TOKEN = 'scraped-by-prometheus-0123456789'
const AUTH = '/api/v1/auth'
const ME = '/api/v1/users/me'
const ADMIN = '/api/v1/admin'
const ORGANIZATION = '/api/v1/organizations/{id}'
const DEPARTMENT = `${ORGANIZATION}/departments/{deptId}`
const PRINCIPAL = `${ORGANIZATION}/principals/{principalId}`

type Send = ReturnType<typeof walkThrough>['send']

describe.each(testDialects)('on $name', (dialect) => {
  test('every documented example gets the documented answer', async () => {
    await using t = await testServer({ dialect, env: { METRICS_TOKEN } })
    const { send, unvisited } = walkThrough(t, await fetchDocument(t))

    await readDocuments(send)
    const alice = await send(`POST ${AUTH}/register`)
    await send(`POST ${AUTH}/register`, { fill: { email: 'bob@acme-corp.com', password: 'UserPass123!' } })
    const bob = await send(`POST ${AUTH}/login`)
    await useSessions(t, send, bob)
    const bobAgain = await changePasswords(t, send)
    const apiKey = await useProfile(send, bobAgain)
    await send(`DELETE ${ME}/api-keys/{id}`, { token: bobAgain.token, path: { id: apiKey.id } })

    const organization = await foundOrganization(t, send, alice)
    await useDepartments(send, alice, organization)
    await leaveOrganization(send, alice, organization)
    await administrate(send, alice, bobAgain)

    expect(unvisited()).toEqual([])
  })
})

async function readDocuments(send: Send): Promise<void> {
  await send('GET /api/health')
  await send('GET /api/health/live')
  await send('GET /api/health/ready')
  await send('GET /metrics', { token: METRICS_TOKEN })
  await send('GET /openapi')
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

async function useProfile(send: Send, { token }: Data): Promise<Data> {
  for (const path of ['', '/organizations', '/invites', '/principals', '/audit-logs', '/export']) {
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
  return { ...organization, colleague }
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
async function administrate(send: Send, { token }: Data, bob: Data): Promise<void> {
  const path = { id: bob.user.id }
  await send(`GET ${ADMIN}/users`, { token })
  await send(`GET ${ADMIN}/audit-logs`, { token })
  await send(`GET ${ADMIN}/users/{id}`, { token, path })
  await send(`PATCH ${ADMIN}/users/{id}`, { token, path })
  await send(`POST ${ADMIN}/users/{id}/send-password-reset`, { token, path })
  await send(`POST ${ADMIN}/users/{id}/suspend`, { token, path })
  await send(`POST ${ADMIN}/users/{id}/unsuspend`, { token, path })
  await send(`POST ${ADMIN}/users/{id}/revoke-sessions`, { token, path })
  const { token: bobsToken } = await send(`POST ${AUTH}/login`)
  await send(`DELETE ${ME}`, { token: bobsToken })
  const { user } = await send(`POST ${AUTH}/register`, { fill: { email: 'bob@acme-corp.com' } })
  await send(`DELETE ${ADMIN}/users/{id}`, { token, path: { id: user.id } })
}
