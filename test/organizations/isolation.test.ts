import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { and, eq } from 'drizzle-orm'
import { createApiKey } from '../../src/sessions/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { foundTenant, furnish, type Person, type Tenant } from './tenant.ts'

/** Bodies that fit, by what the path ends in: a refusal must come from who asks, not from what is sent. */
const BODIES: Readonly<Record<string, (ids: Ids) => unknown>> = {
  'PATCH /organizations/:id': () => ({ name: 'Taken over' }),
  'DELETE /organizations/:id': () => ({ confirm: 'acme' }),
  'POST /transfer-ownership': ({ userId }) => ({ user_id: userId }),
  'POST /:id/members': ({ userId }) => ({ user_id: userId, role: 'member' }),
  'PATCH /role': () => ({ role: 'guest' }),
  'POST /invites': ({ deptId }) => ({ email: 'x@example.com', role: 'guest', department_ids: [deptId] }),
  'POST /:id/departments': () => ({ name: 'New' }),
  'POST /:id/principals': () => ({ name: 'new' }),
  'PATCH /:deptId': () => ({ name: 'New' }),
  'PATCH /:principalId': () => ({ name: 'new' }),
  'POST /:deptId/members': ({ userId }) => ({ user_id: userId }),
  'POST /:principalId/members': ({ userId }) => ({ user_id: userId }),
  'PUT /security-policy': () => ({ policy_version: 0, mfa_policy_mode: 'disabled' }),
  'PATCH /security-policy': () => ({ mode: 'required', reason: 'Taken over' }),
  'POST /clients': () => CLIENT,
  'PATCH /:clientId': () => ({ client_name: 'New' }),
  'POST /rotate-secret': () => ({}),
  'POST /initial-access-tokens': () => ({ max_uses: 1 }),
  'POST /:principalId/departments': ({ deptId }) => ({ department_id: deptId }),
}

const CLIENT = { client_name: 'Wiki', redirect_uris: ['https://wiki.example.com/callback'] }

/** What paths name, by parameter. */
type Ids = Readonly<
  Record<'id' | 'userId' | 'deptId' | 'principalId' | 'inviteId' | 'clientId' | 'tokenId', string>
>
interface Route {
  readonly method: string
  readonly path: string
  /** For the person themselves: an API key is refused before anything is looked up. */
  readonly isForSessions: boolean
}

const bodyOf = ({ method, path }: Route, ids: Ids): unknown => {
  const fitting = Object.entries(BODIES).find(([end]) => {
    const [verb, tail = ''] = end.split(' ')
    return verb === method && path.endsWith(tail)
  })
  return fitting?.[1](ids)
}

const fill = (path: string, ids: Ids): string =>
  path.replace(/:(\w+)/g, (_, name: string) => {
    const id = ids[name as keyof Ids]
    if (id === undefined) throw new Error(`Say what :${name} is, so that this test can walk ${path}`)
    return id
  })

describe.each(testDialects)('the walls around an organization on $name', (dialect) => {
  let t: TestServer
  let tenant: Tenant
  let ids: Ids
  let routes: readonly Route[]

  beforeAll(async () => {
    t = await testServer({ dialect })
    tenant = await foundTenant(t)
    ids = await idsOf(tenant)
    routes = t.app.routes
      .filter(({ path }) => path.startsWith('/api/v1/organizations/:id'))
      .map(({ method, path, hooks }) => ({
        method,
        path: path.slice('/api/v1'.length),
        isForSessions: !String(hooks?.detail?.['x-guard']).includes(':'),
      }))
  })
  afterAll(() => t[Symbol.asyncDispose]())

  async function idsOf(of: Tenant): Promise<Ids> {
    const { member, departmentId, principalId, inviteId } = await furnish(t, of)
    const { token } = of.owner
    const made = await t.call('POST', of.path('/clients'), { token, body: CLIENT })
    const clientId: string = made.body.data.client.client_id
    const issued = await t.call('POST', of.path('/initial-access-tokens'), { token })
    const tokenId: string = issued.body.data.id
    return {
      id: of.id,
      userId: member.user.id,
      deptId: departmentId,
      principalId,
      inviteId,
      clientId,
      tokenId,
    }
  }

  const send = (route: Route, token: string | undefined, using = ids) =>
    t.call(route.method, fill(route.path, using), { token, body: bodyOf(route, using) })

  /** `METHOD path status type` of each answer that is not the expected one. */
  async function others(expected: string, answers: Iterable<readonly [Route, ReturnType<typeof send>]>) {
    const found: string[] = []
    for (const [route, answering] of answers) {
      const { status, body } = await answering
      const got = `${status} ${body.error?.type}`
      if (got !== expected) found.push(`${route.method} ${route.path}: ${got}`)
    }
    return found
  }

  test('there is an organization full of things to walk through', async () => {
    expect(routes.length).toBeGreaterThan(30)
    const reads = routes.filter(({ method }) => method === 'GET')
    for (const route of reads) expect((await send(route, tenant.owner.token)).status).toBe(200)
  })

  test('an organization is not there for a stranger, by any route', async () => {
    const { token } = await t.signedIn()
    expect(
      await others(
        '404 NOT_FOUND',
        routes.map((route) => [route, send(route, token)]),
      ),
    ).toEqual([])
  })

  test('nor for the administrator of another one', async () => {
    const { token } = (await foundTenant(t)).owner
    expect(
      await others(
        '404 NOT_FOUND',
        routes.map((route) => [route, send(route, token)]),
      ),
    ).toEqual([])
  })

  test('nor for an API key of another one, even of its own member', async () => {
    const other = await foundTenant(t)
    const token = await keyOf(other.owner, other.id)
    await t.call('POST', tenant.path('/members'), {
      token: tenant.owner.token,
      body: { email: other.owner.user.email, role: 'admin' },
    })
    const open = routes.filter(({ isForSessions }) => !isForSessions)
    expect(
      await others(
        '404 NOT_FOUND',
        open.map((route) => [route, send(route, token)]),
      ),
    ).toEqual([])
  })

  test('nothing answers without a credential', async () => {
    const answers = routes.map((route) => [route, send(route, undefined)] as const)
    expect(await others('401 AUTHENTICATION_ERROR', answers)).toEqual([])
  })

  test('what is in another organization is not found under one’s own', async () => {
    const own = await foundTenant(t)
    const ownIds = await idsOf(own)
    const answers = function* () {
      for (const route of routes) {
        const named = `${route.path} ${JSON.stringify(bodyOf(route, ids) ?? {})}`
        for (const name of ['userId', 'deptId', 'principalId', 'inviteId', 'clientId'] as const) {
          if (!named.includes(`:${name}`) && !named.includes(ids[name])) continue
          yield [route, send(route, own.owner.token, { ...ownIds, [name]: ids[name] })] as const
        }
      }
    }
    expect(await others('404 NOT_FOUND', answers())).toEqual([])
  })

  test.each(['x', '%00', '%F0%9F%8E%88', '0'.repeat(500), "'--", '01970000-0000-7000-8000-00000000000G'])(
    'an id like %s is one that nothing has',
    async (malformed) => {
      const named = routes.filter(({ path }) => /:id\/.*:/.test(path))
      const broken = Object.fromEntries(Object.keys(ids).map((name) => [name, malformed]))
      const inPath = (route: Route) =>
        t.call(route.method, fill(route.path, { ...ids, ...broken, id: ids.id }), {
          token: tenant.owner.token,
          body: bodyOf(route, ids),
        })
      expect(
        await others(
          '404 NOT_FOUND',
          named.map((route) => [route, inPath(route)]),
        ),
      ).toEqual([])
      const { token } = tenant.owner
      const all = routes.map((route) => [route, send(route, token, { ...ids, id: malformed })] as const)
      expect(await others('404 NOT_FOUND', all)).toEqual([])
    },
  )

  test.each(['member', 'guest'] as const)('a %s changes nothing', async (role) => {
    const { token } = await tenant.join(role)
    const writes = routes.filter(({ method }) => method !== 'GET')
    expect(writes.length).toBeGreaterThan(20)
    const answers = writes.map((route) => [route, send(route, token)] as const)
    expect(await others('403 AUTHORIZATION_ERROR', answers)).toEqual([])
  })

  test('a suspended admin sees and changes nothing', async () => {
    const { token, user } = await tenant.join('admin')
    await t.call('POST', tenant.path(`/members/${user.id}/suspend`), { token: tenant.owner.token })
    const answers = routes.map((route) => [route, send(route, token)] as const)
    expect(await others('403 AUTHORIZATION_ERROR', answers)).toEqual([])
  })

  test('an API key does nothing that its scopes do not say', async () => {
    const token = await keyOf(tenant.owner, tenant.id, ['profile:read'])
    const answers = routes.map((route) => [route, send(route, token)] as const)
    expect(await others('403 AUTHORIZATION_ERROR', answers)).toEqual([])
    const reader = await keyOf(tenant.owner, tenant.id, ['organizations:read', 'audit:read'])
    const writes = routes.filter(({ method }) => method !== 'GET')
    expect(
      await others(
        '403 AUTHORIZATION_ERROR',
        writes.map((route) => [route, send(route, reader)]),
      ),
    ).toEqual([])
    for (const route of routes.filter(({ method }) => method === 'GET')) {
      expect((await send(route, reader)).status).toBe(200)
    }
  })

  async function keyOf(
    { user }: Person,
    organizationId: string,
    scopes: Parameters<typeof createApiKey>[2]['scopes'] = [
      'organizations:read',
      'organizations:write',
      'audit:read',
    ],
  ): Promise<string> {
    const made = await t.write(async (ctx) => {
      const { member, organization } = ctx.tx.t
      const [row] = await ctx.tx
        .select({ member, organization })
        .from(member)
        .innerJoin(organization, eq(organization.id, member.organizationId))
        .where(and(eq(member.userId, user.id), eq(member.organizationId, organizationId)))
      if (!row) throw new Error('Not a member')
      const { slug, name } = row.organization
      const memberships = [{ ...row.member, slug, name }]
      const input = { name: ctx.newId(), scopes, organization_id: organizationId }
      return createApiKey(ctx, { user, memberships }, input)
    })
    return made.key
  }
})
