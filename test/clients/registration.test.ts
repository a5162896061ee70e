import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import {
  deleteRegisteredClient,
  getRegisteredClient,
  registerClient,
  updateRegisteredClient,
} from '../../src/clients/index.ts'
import { HOUR } from '../../src/kernel/index.ts'
import { type OAuthError, parseRegistration } from '../../src/protocol/oauth/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { foundTenant, type Tenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { clientCalls, WIKI } from './requests.ts'

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: OAuthError) => error.code,
  )
const metadata = (members: object = {}) => parseRegistration({ ...WIKI, ...members })

describe.each(testDialects)('registration on $name', (dialect) => {
  let t: TestServer
  let tenant: Tenant
  beforeAll(async () => {
    t = await testServer({ dialect })
    tenant = await foundTenant(t)
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const issue = async (body?: object, on = t, of = tenant): Promise<string> => {
    const answer = await on.call('POST', of.path('/initial-access-tokens'), { token: of.owner.token, body })
    return answer.body.data.initial_access_token
  }
  const register = (initialAccessToken: string | undefined, members?: object, on = t) =>
    on.write((ctx) => registerClient(ctx, { metadata: metadata(members), initialAccessToken }))

  test('by an initial access token makes a client of its organization, once', async () => {
    const token = await issue()
    const { client, secret, registrationToken } = await register(token)
    expect(client).toMatchObject({
      organizationId: tenant.id,
      origin: 'registered',
      consent: 'required',
      acceptsBasicAndPost: false,
      requirePkce: false,
      access: { membersOnly: true },
    })
    expect(await clientCalls(t, tenant).takes(client.id, secret ?? '')).toBe(true)
    expect(registrationToken).toStartWith('a2g_')
    expect(await codeOf(register(token))).toBe('invalid_token')
    const [event] = await eventsOf(t, 'oidc.client.register')
    expect(event).toMatchObject({ organizationId: tenant.id, targetId: client.id })
    const [made] = (await eventsOf(t, 'oidc.client.registration_token_create')).slice(-1)
    expect(event?.details).toMatchObject({ by: 'itself', initial_access_token: made?.targetId })
    expect(JSON.stringify(event)).not.toContain(token)
  })

  test('by a token for three makes three of 20 at once', async () => {
    const token = await issue({ max_uses: 3 })
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => codeOf(register(token))))
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(3)
    expect(outcomes.filter((outcome) => outcome === 'invalid_token')).toHaveLength(17)
  })

  test('is closed to everybody else', async () => {
    const session = tenant.owner.token
    for (const token of [undefined, '', 'a2n_x', session, `${await issue()}x`]) {
      expect(await codeOf(register(token))).toBe('invalid_token')
    }
  })

  test('is closed to an expired token', async () => {
    await using own = await testServer({ dialect })
    const theirs = await foundTenant(own)
    const token = await issue(undefined, own, theirs)
    own.clock.advance(HOUR)
    expect(await codeOf(register(token, {}, own))).toBe('invalid_token')
  })

  test('is open to everybody where the configuration says so, for no organization', async () => {
    await using open = await testServer({ dialect, env: { OIDC_DYNAMIC_REGISTRATION: 'open' } })
    const { client } = await register(undefined, { token_endpoint_auth_method: 'none' }, open)
    expect(client).toMatchObject({
      organizationId: null,
      requirePkce: true,
      access: { membersOnly: false },
    })
    expect(await codeOf(register('a2n_wrong', {}, open))).toBe('invalid_token')
  })

  test('tokens are for administrators who have just proved presence, and bounded', async () => {
    await using own = await testServer({ dialect })
    const theirs = await foundTenant(own)
    const path = theirs.path('/initial-access-tokens')
    const member = await theirs.join('member')
    const post = async (token?: string, body?: object) => own.call('POST', path, { token, body })
    expect((await post()).status).toBe(401)
    expect((await post(member.token)).status).toBe(403)
    expect((await post((await own.signedIn()).token)).status).toBe(404)
    for (const body of [{ max_uses: 0 }, { max_uses: 101 }, { expires_in: 1 }, { expires_in: 10_000_000 }]) {
      expect((await post(theirs.owner.token, body)).status).toBe(400)
    }
    const issued = await post(theirs.owner.token, { expires_in: 60 })
    expect(issued.body.data).toEqual({
      id: expect.any(String),
      initial_access_token: expect.stringMatching(/^a2n_/),
      expires_at: '2030-01-01T00:01:00.000Z',
    })
    own.clock.advance(601)
    expect((await post(theirs.owner.token)).body.error.type).toBe('STEP_UP_REQUIRED')
  })

  describe('is managed by its own token', () => {
    const registered = async (members?: object) => {
      const { client, secret, registrationToken } = await register(await issue(), members)
      return { clientId: client.id, secret: secret ?? '', access: { clientId: client.id, registrationToken } }
    }
    const update = (
      access: Awaited<ReturnType<typeof registered>>['access'],
      members: object,
      presented?: string,
    ) =>
      t.write((ctx) =>
        updateRegisteredClient(ctx, access, { metadata: metadata(members), presentedSecret: presented }),
      )

    test('which reads it', async () => {
      const { access, clientId } = await registered()
      const client = await t.read((ctx) => getRegisteredClient(ctx, access))
      expect([client.id, client.metadata.client_name]).toEqual([clientId, 'Wiki'])
    })

    test('and by no other', async () => {
      const [one, other] = [await registered(), await registered()]
      for (const registrationToken of [other.access.registrationToken, '', 'a2g_x', tenant.owner.token]) {
        const access = { clientId: one.clientId, registrationToken }
        expect(await codeOf(t.read((ctx) => getRegisteredClient(ctx, access)))).toBe('invalid_token')
        expect(await codeOf(update(access, {}))).toBe('invalid_token')
        expect(await codeOf(t.write((ctx) => deleteRegisteredClient(ctx, access)))).toBe('invalid_token')
      }
      const created = await clientCalls(t, tenant).make()
      const access = { clientId: created.id, registrationToken: one.access.registrationToken }
      expect(await codeOf(t.read((ctx) => getRegisteredClient(ctx, access)))).toBe('invalid_token')
    })

    test('which replaces it whole, and leaves the secret', async () => {
      const { access, clientId, secret } = await registered({ client_uri: 'https://wiki.example.com/' })
      const outcome = await update(access, { client_name: 'New' }, secret)
      expect(outcome.secret).toBeUndefined()
      expect(outcome.client.metadata).toMatchObject({ client_name: 'New' })
      expect(outcome.client.metadata).not.toHaveProperty('client_uri')
      expect(await clientCalls(t, tenant).takes(clientId, secret)).toBe(true)
    })

    test('in its own name, as the audit log says', async () => {
      const { access, clientId, secret } = await registered()
      await update(access, { client_name: 'New' }, secret)
      await t.write((ctx) => deleteRegisteredClient(ctx, access))
      const events = await t.read(({ reader }) => reader.select().from(reader.t.auditEvent))
      const itself = { actorKind: 'client', actorId: clientId, organizationId: tenant.id }
      expect(events.filter(({ targetId }) => targetId === clientId).slice(-2)).toMatchObject([
        {
          ...itself,
          action: 'oidc.client.update',
          details: { by: 'itself', changes: { client_name: { from: 'Wiki', to: 'New' } } },
        },
        { ...itself, action: 'oidc.client.delete', details: { by: 'itself' } },
      ])
    })

    test('but not with another secret', async () => {
      const { access } = await registered()
      expect(await codeOf(update(access, {}, 'another'))).toBe('invalid_client_metadata')
    })

    test('which takes the secret away, and gives one where it is needed', async () => {
      const { access, clientId, secret } = await registered()
      const { takes } = clientCalls(t, tenant)
      await update(access, { token_endpoint_auth_method: 'none' })
      expect(await takes(clientId, secret)).toBe(false)
      const { secret: renewed = '' } = await update(access, {
        token_endpoint_auth_method: 'client_secret_jwt',
      })
      expect(await takes(clientId, renewed)).toBe(true)
      const client = await t.deps.clients.find(clientId)
      expect(client && t.deps.clients.signingSecrets(client)).toHaveLength(1)
    })

    test('which cannot undo that an administrator requires PKCE', async () => {
      const { access, clientId } = await registered()
      await clientCalls(t, tenant).call('PATCH', `/${clientId}`, { pkce_required: true })
      expect((await update(access, {})).client.requirePkce).toBe(true)
    })

    test('which deletes it, and then is of no use', async () => {
      const { access, clientId } = await registered()
      await t.write((ctx) => deleteRegisteredClient(ctx, access))
      expect(await t.deps.clients.find(clientId)).toBeUndefined()
      expect(await codeOf(t.write((ctx) => deleteRegisteredClient(ctx, access)))).toBe('invalid_token')
    })
  })

  test('tokens are nowhere in rows or the audit log', async () => {
    const token = await issue({ max_uses: 2 })
    const { registrationToken } = await register(token)
    const rows = await t.read(async ({ reader }) => [
      await reader.select().from(reader.t.client).where(eq(reader.t.client.organizationId, tenant.id)),
      await reader.select().from(reader.t.initialAccessToken),
      await reader.select().from(reader.t.auditEvent),
    ])
    const haystack = JSON.stringify(rows)
    for (const needle of [token, registrationToken]) expect(haystack).not.toContain(needle)
  })

  describe('initial access tokens', () => {
    const path = (id = '') => tenant.path(`/initial-access-tokens${id && `/${id}`}`)
    const call = (method: string, id?: string, token = tenant.owner.token) =>
      t.call(method, path(id), { token })

    test('are listed page by page, without the token, for as long as they last', async () => {
      await using own = await testServer({ dialect })
      const of = await foundTenant(own)
      const token = await issue({ max_uses: 2 }, own, of)
      await issue({ expires_in: 60 }, own, of)
      await issue({}, own, of)
      await register(token, {}, own)
      const list = async (query = '') => {
        const url = of.path(`/initial-access-tokens${query}`)
        const { body } = await own.call('GET', url, { token: of.owner.token })
        return { rows: body.data.initial_access_tokens, page: body.meta.page }
      }
      const first = await list('?limit=2')
      expect(first.rows).toEqual([
        {
          id: expect.any(String),
          uses_left: 1,
          created_at: own.clock.now().toISOString(),
          expires_at: new Date(own.clock.now().getTime() + HOUR * 1000).toISOString(),
        },
        expect.objectContaining({ uses_left: 1 }),
      ])
      const second = await list(`?limit=2&cursor=${first.page.next_cursor}`)
      expect([second.rows.length, second.page.next_cursor]).toEqual([1, null])
      own.clock.advance(61)
      expect((await list()).rows.map(({ id }: { id: string }) => id)).toEqual([
        first.rows[0].id,
        second.rows[0].id,
      ])
    })

    test('are withdrawn: nobody registers with one any more', async () => {
      const { body } = await t.call('POST', path(), { token: tenant.owner.token, body: { max_uses: 5 } })
      const { id, initial_access_token } = body.data
      const { client } = await register(initial_access_token)
      expect((await call('DELETE', id)).status).toBe(200)
      expect(await codeOf(register(initial_access_token))).toBe('invalid_token')
      expect((await call('DELETE', id)).status).toBe(404)
      expect(await t.deps.clients.find(client.id)).toBeDefined()
      const [event] = await eventsOf(t, 'oidc.client.registration_token_delete')
      expect(event).toMatchObject({ organizationId: tenant.id, targetId: id, details: { uses_left: 4 } })
    })

    test('are neither seen nor withdrawn by others, by keys, or by an old session', async () => {
      await issue()
      const { initial_access_tokens } = (await call('GET')).body.data
      const { id } = initial_access_tokens.at(-1)
      const other = await foundTenant(t)
      const member = await tenant.join('member')
      for (const [token, expected] of [
        [other.owner.token, 404],
        [member.token, 403],
      ] as const) {
        expect((await call('GET', '', token)).status).toBe(expected)
        expect((await call('DELETE', id, token)).status).toBe(expected)
      }
      const theirs = other.path(`/initial-access-tokens/${id}`)
      expect((await t.call('DELETE', theirs, { token: other.owner.token })).status).toBe(404)
      const key = await t.call('POST', '/users/me/api-keys', {
        token: tenant.owner.token,
        body: { name: 'k', scopes: ['organizations:read', 'organizations:write'] },
      })
      expect((await call('GET', '', key.body.data.key)).status).toBe(200)
      expect((await call('DELETE', id, key.body.data.key)).status).toBe(403)
      expect((await call('DELETE', 'nothing')).status).toBe(404)

      await using old = await testServer({ dialect })
      const of = await foundTenant(old)
      await issue({}, old, of)
      const url = of.path('/initial-access-tokens')
      const held = (await old.call('GET', url, { token: of.owner.token })).body.data.initial_access_tokens
      old.clock.advance(601)
      const refused = await old.call('DELETE', `${url}/${held[0].id}`, { token: of.owner.token })
      expect(refused.body.error.type).toBe('STEP_UP_REQUIRED')
    })
  })
})
