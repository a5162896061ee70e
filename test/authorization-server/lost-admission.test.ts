/** What applications hold for somebody whom they would not let in any more. */
import { describe, expect, test } from 'bun:test'
import type { NewClient } from '../../src/clients/index.ts'
import { addMember } from '../../src/organizations/index.ts'
import { addTotp } from '../policies/compliance.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application, exchangeOf, refreshOf } from './application.ts'

const SCOPE = ['openid', 'offline_access', 'organizations:read']

/** An application that Bob and Carol, who are members, are signed in to; `access` of the department that they are in. */
async function withMembers(t: TestServer, access?: (departmentId: string) => NewClient['access']) {
  const app = await application(t)
  const { token } = app.person
  const path = (rest: string) => `/organizations/${app.organization.id}${rest}`
  const call = async (method: string, rest: string, body?: unknown) => {
    const answer = await t.call(method, path(rest), { token, ...(body === undefined ? {} : { body }) })
    expect(answer.status).toBeLessThan(300)
    return answer.body.data
  }
  const { department } = await call('POST', '/departments', { name: 'Engineering' })
  const join = async () => {
    const person = await t.signedIn()
    const input = { organizationId: app.organization.id, user: person.user, role: 'admin' } as const
    await t.write((ctx) => addMember(ctx, input))
    await call('POST', `/departments/${department.id}/members`, { user_id: person.user.id })
    return person
  }
  const [bob, carol] = [await join(), await join()]
  if (access) await call('PATCH', `/clients/${app.client.id}`, { access: access(department.id) })
  const tokensOf = async (person: typeof bob) => {
    const { code, verifier } = await app.code({ scope: SCOPE }, person)
    return (await app.token(exchangeOf(code, verifier))).body
  }
  /** Whether the token is good: at userinfo, by introspection and at the REST API. */
  const isGood = async ({ access_token: token }: { access_token: string }) => {
    const headers = { authorization: `Bearer ${token}` }
    const request = new Request(`${t.deps.config.publicUrl}/oidc/userinfo`, { headers })
    return [
      (await t.app.handle(request)).status === 200,
      (await app.introspect(token)).body.active,
      (await t.call('GET', '/users/me/organizations', { token })).status === 200,
    ]
  }
  return { app, bob, carol, call, department, tokens: [await tokensOf(bob), await tokensOf(carol)], isGood }
}

type Setting = Awaited<ReturnType<typeof withMembers>>

const GOOD = [true, true, true]
const NOT = [false, false, false]

const ENDINGS: Readonly<
  Record<string, { access?: (id: string) => NewClient['access']; end: (s: Setting) => Promise<unknown> }>
> = {
  'has been removed': { end: ({ call, bob }) => call('DELETE', `/members/${bob.user.id}`) },
  'is suspended': { end: ({ call, bob }) => call('POST', `/members/${bob.user.id}/suspend`) },
  'has another role': {
    access: () => ({ members_only: true, roles: ['admin'] }),
    end: ({ call, bob }) => call('PATCH', `/members/${bob.user.id}/role`, { role: 'member' }),
  },
  'is in another department': {
    access: (id) => ({ members_only: true, department_ids: [id] }),
    end: ({ call, bob, department }) =>
      call('DELETE', `/departments/${department.id}/members/${bob.user.id}`),
  },
}

describe.each(testDialects)('on $name', (dialect) => {
  // Once an access token was good until it expired, whatever became of the membership that it was had by.
  test.each(Object.entries(ENDINGS))(
    'the access token of somebody who %s is good no more',
    async (_, given) => {
      await using t = await testServer({ dialect })
      const setting = await withMembers(t, given.access)
      const { isGood, tokens } = setting
      for (const token of tokens) expect(await isGood(token)).toEqual(GOOD)
      await given.end(setting)
      expect(await isGood(tokens[0])).toEqual(NOT)
      expect(await isGood(tokens[1])).toEqual(GOOD)
    },
  )

  test('that of somebody who is no member stays good where anybody may sign in', async () => {
    await using t = await testServer({ dialect })
    const { bob, call, tokens, isGood } = await withMembers(t, () => ({ members_only: false }))
    await call('DELETE', `/members/${bob.user.id}`)
    expect(await isGood(tokens[0])).toEqual(GOOD)
  })

  // Once applications went on for a person to whom nothing else answered.
  test('past the deadline for a second factor nothing is refreshed until there is one', async () => {
    await using t = await testServer({ dialect })
    const { app, bob, call, tokens } = await withMembers(t)
    const { refresh_token } = tokens[0]
    await call('PUT', '/security-policy', {
      policy_version: 0,
      mfa_policy_mode: 'require_totp',
      mfa_grace_period_days: 1,
    })
    await t.deps.outbox.runOnce()
    const inGrace = await app.token(refreshOf(refresh_token))
    expect(inGrace.status).toBe(200)
    t.clock.advance(86_400)
    const late = await app.token(refreshOf(inGrace.body.refresh_token))
    expect([late.status, late.body]).toEqual([
      400,
      {
        error: 'invalid_grant',
        error_description: 'The user has to add a second factor first, which an organization asks for.',
      },
    ])
    expect((await app.introspect(inGrace.body.refresh_token)).body).toEqual({ active: false })
    await addTotp(t, bob.user.id)
    expect((await app.token(refreshOf(inGrace.body.refresh_token))).status).toBe(200)
  })
})
