import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { MAX_CLIENTS } from '../../src/clients/client.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { clientCalls, WIKI } from './requests.ts'

const PUBLIC_KEY = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

/** Each takes the client over, alone; each fits the client that the ones before have made of it. */
const SENSITIVE: readonly object[] = [
  { redirect_uris: ['https://wiki.example.com/other'] },
  { post_logout_redirect_uris: ['https://wiki.example.com/bye'] },
  { backchannel_logout_uri: 'https://wiki.example.com/logout' },
  { token_endpoint_auth_method: 'client_secret_post' },
  { token_endpoint_auth_signing_alg: null },
  { jwks: { keys: [PUBLIC_KEY] } },
  { jwks: null, jwks_uri: null },
  { sector_identifier_uri: null },
  { request_uris: null },
  { request_object_signing_alg: null },
  { require_signed_request_object: false },
  { require_pushed_authorization_requests: true },
  { dpop_bound_access_tokens: true },
  { pkce_required: false },
  { pkce_plain_allowed: true },
  { consent: 'first_party' },
  { access: { members_only: false } },
  { access: null },
]

describe.each(testDialects)('clients on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const arrange = async () => {
    const tenant = await foundTenant(t)
    return { tenant, ...clientCalls(t, tenant) }
  }

  describe('are created', () => {
    test('with narrow settings where nothing else is said, and a secret that is shown once', async () => {
      const { tenant, create, call } = await arrange()
      const { status, body } = await create()
      expect(status).toBe(201)
      expect(body.data.client_secret).toMatch(/^a2c_[\w-]{49}$/)
      expect(body.data.client).toMatchObject({
        ...WIKI,
        organization_id: tenant.id,
        origin: 'created',
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
        accepts_basic_and_post: true,
        application_type: 'web',
        subject_type: 'public',
        id_token_signed_response_alg: 'RS256',
        access_token_signing_alg: 'ES256',
        access_token_format: 'jwt',
        access_token_lifetime: null,
        pkce_required: true,
        pkce_plain_allowed: false,
        consent: 'required',
        audiences: [],
        claims: {},
        access: { members_only: true, roles: [], department_ids: [] },
      })
      const shown = await call('GET', `/${body.data.client.client_id}`)
      expect(shown.body.data.client).toEqual(body.data.client)
      expect(shown.body.data.secrets).toEqual([{ created_at: '2030-01-01T00:00:00.000Z', expires_at: null }])
      expect((await tenant.actions()).slice(-1)).toEqual(['oidc.client.create'])
    })

    test('with everything that can be said of one', async () => {
      const { tenant, create } = await arrange()
      const department = await t.call('POST', tenant.path('/departments'), {
        token: tenant.owner.token,
        body: { name: 'Engineering' },
      })
      const said = {
        client_name: 'Every ☕ member',
        client_uri: 'https://wiki.example.com/',
        logo_uri: 'https://wiki.example.com/logo.png',
        policy_uri: 'https://wiki.example.com/policy',
        tos_uri: 'https://wiki.example.com/terms',
        contacts: ['ops@example.com'],
        application_type: 'native',
        redirect_uris: ['com.example.wiki:/callback', 'http://127.0.0.1/callback'],
        post_logout_redirect_uris: ['https://wiki.example.com/bye'],
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'EdDSA',
        jwks: { keys: [PUBLIC_KEY] },
        scope: 'openid profile',
        subject_type: 'public',
        id_token_signed_response_alg: 'EdDSA',
        userinfo_signed_response_alg: 'ES256',
        request_object_signing_alg: 'EdDSA',
        require_signed_request_object: true,
        require_pushed_authorization_requests: true,
        dpop_bound_access_tokens: true,
        default_max_age: 3_600,
        require_auth_time: true,
        backchannel_logout_uri: 'https://wiki.example.com/logged-out',
        backchannel_logout_session_required: true,
        pkce_required: true,
        consent: 'first_party',
        access_token_format: 'opaque',
        access_token_signing_alg: 'EdDSA',
        access_token_lifetime: 300,
        id_token_lifetime: 600,
        refresh_token_lifetime: 86_400,
        audiences: ['https://api.example.com/'],
        claims: { display_name: 'full_name', 'https://example.com/locale': 'locale' },
        access: {
          members_only: true,
          roles: ['admin'],
          department_ids: [department.body.data.department.id],
        },
      }
      const { status, body } = await create(said)
      expect([status, body.data?.client_secret]).toEqual([201, null])
      expect(body.data.client).toMatchObject(said)
    })

    test.each([
      ['none', false, null],
      ['private_key_jwt', false, null],
      ['client_secret_post', false, expect.any(String)],
      ['client_secret_jwt', false, expect.any(String)],
      [undefined, true, expect.any(String)],
    ])('by the method %p: either way %p, secret %p', async (method, either, secret) => {
      const { create } = await arrange()
      const keys = method === 'private_key_jwt' ? { jwks: { keys: [PUBLIC_KEY] } } : {}
      const { data } = (await create({ token_endpoint_auth_method: method, ...keys })).body
      expect([data.client.accepts_basic_and_post, data.client_secret]).toEqual([either, secret])
    })

    test.each([
      ['no name', { client_name: undefined }, 'client_name'],
      ['a name of controls', { client_name: 'a\u0000b' }, 'client_name'],
      ['no redirect URI', { redirect_uris: [] }, 'redirect_uris'],
      ['a redirect URI with fragment', { redirect_uris: ['https://a.example/#x'] }, 'redirect_uris.0'],
      ['plain http', { redirect_uris: ['http://a.example/cb'] }, 'redirect_uris.0'],
      ['a script', { redirect_uris: ['javascript:alert(1)'] }, 'redirect_uris.0'],
      ['a wildcard host', { redirect_uris: ['https://*.example/cb', 'data:text/html,x'] }, 'redirect_uris.1'],
      ['51 redirect URIs', { redirect_uris: Array(51).fill('https://a.example/') }, 'redirect_uris'],
      ['a logo that is a script', { logo_uri: 'javascript:alert(1)' }, 'logo_uri'],
      ['an unknown grant', { grant_types: ['implicit'] }, 'grant_types.0'],
      ['an unknown method', { token_endpoint_auth_method: 'tls_client_auth' }, 'token_endpoint_auth_method'],
      ['keys both ways', { jwks: { keys: [PUBLIC_KEY] }, jwks_uri: 'https://a.example/jwks' }, 'jwks_uri'],
      ['no key to verify with', { token_endpoint_auth_method: 'private_key_jwt' }, 'jwks'],
      [
        'pairwise subjects of two hosts',
        { subject_type: 'pairwise', redirect_uris: ['https://a.example/', 'https://b.example/'] },
        'sector_identifier_uri',
      ],
      ['a logo over http, which no page shows', { logo_uri: 'http://a.example/logo.png' }, 'logo_uri'],
      [
        'a scope of people for a service',
        { grant_types: ['client_credentials'], scope: 'reports:read organizations:read' },
        'scope',
      ],
      ['a private key', { jwks: { keys: [{ ...PUBLIC_KEY, d: 'secret' }] } }, 'jwks.keys.0'],
      ['keys over http', { jwks_uri: 'http://a.example/jwks' }, 'jwks_uri'],
      ['alg none', { id_token_signed_response_alg: 'none' }, 'id_token_signed_response_alg'],
      [
        'no PKCE for a public client',
        { token_endpoint_auth_method: 'none', pkce_required: false },
        'pkce_required',
      ],
      ['a token for a week', { access_token_lifetime: 604_800 }, 'access_token_lifetime'],
      ['a token for a second', { id_token_lifetime: 1 }, 'id_token_lifetime'],
      ['a claim that is taken', { claims: { sub: 'email' } }, 'claims.sub'],
      ['a claim that is trusted', { claims: { roles: 'full_name' } }, 'claims.roles'],
      ['a prototype', JSON.parse('{"claims": {"__proto__": "email", "1": "email"}}'), 'claims.1'],
      ['a claim of a secret', { claims: { x: 'password_hash' } }, 'claims.x'],
      ['roles of anybody', { access: { members_only: false, roles: ['admin'] } }, 'access'],
      ['an audience that is none', { audiences: ['api'] }, 'audiences.0'],
    ])('not with %s', async (_, body, field) => {
      const { create } = await arrange()
      const answer = await create(body)
      expect([answer.status, Object.keys(answer.body.error.details.fields ?? {})]).toEqual([
        400,
        expect.arrayContaining([field]),
      ])
    })

    test('with a logo of this machine, while developing', async () => {
      const { create } = await arrange()
      expect((await create({ logo_uri: 'http://localhost:3000/logo.png' })).status).toBe(201)
    })

    test('with scopes of the REST API where people are behind them', async () => {
      const { create } = await arrange()
      const body = {
        grant_types: ['client_credentials', 'authorization_code'],
        scope: 'openid organizations:read',
      }
      expect((await create(body)).status).toBe(201)
      expect((await create({ grant_types: ['client_credentials'], scope: 'reports:read' })).status).toBe(201)
    })

    test('or told by which rule the name of a claim is refused', async () => {
      const { create } = await arrange()
      const fieldsOf = async (claims: object) => (await create({ claims })).body.error.details.fields
      expect(await fieldsOf({ sub: 'email' })).toEqual({
        'claims.sub': ['must not be a claim whose meaning is fixed'],
      })
      expect(await fieldsOf({ '1x': 'email' })).toEqual({
        'claims.1x': ['must begin with a letter and have letters, digits and _ . : / - only'],
      })
    })

    test('not for departments of another organization', async () => {
      const { tenant, create } = await arrange()
      const other = await foundTenant(t)
      const { token } = other.owner
      const foreign = await t.call('POST', other.path('/departments'), { token, body: { name: 'Theirs' } })
      const theirs = foreign.body.data.department.id
      for (const id of [theirs, tenant.id]) {
        const answer = await create({ access: { members_only: true, department_ids: [id] } })
        expect([answer.status, answer.body.error.type]).toEqual([400, 'VALIDATION_ERROR'])
        expect(answer.body.error.details.fields).toHaveProperty(['access.department_ids'])
      }
    })

    test('not without end', async () => {
      const { tenant, make, create } = await arrange()
      const { id } = await make()
      await t.write(async ({ tx, newId }) => {
        const [row] = await tx.select().from(tx.t.client).where(eq(tx.t.client.id, id))
        if (!row) throw new Error('The client is not there')
        const rows = Array.from({ length: MAX_CLIENTS - 1 }, () => ({ ...row, id: newId() }))
        await tx.insert(tx.t.client).values(rows)
      })
      expect((await create()).status).toBe(409)
      expect(tenant.id).toBeString()
    })
  })

  test('are listed page by page, in the order in which they were made', async () => {
    const { create, call } = await arrange()
    for (const client_name of ['c', 'b', 'a']) await create({ client_name })
    const first = await call('GET', '?limit=2')
    const second = await call('GET', `?limit=2&cursor=${first.body.meta.page.next_cursor}`)
    const names = [first, second].map(({ body }) =>
      body.data.clients.map((client: { client_name: string }) => client.client_name),
    )
    expect(names).toEqual([['c', 'b'], ['a']])
    expect(second.body.meta.page.next_cursor).toBeNull()
  })

  describe('are changed', () => {
    test('in what is sent: the rest stays, null takes the default again', async () => {
      const { tenant, make, call } = await arrange()
      const { id } = await make({ client_uri: 'https://wiki.example.com/', consent: 'first_party' })
      const changed = await call('PATCH', `/${id}`, { client_name: 'Team wiki', client_uri: null })
      expect(changed.body.data.client).toMatchObject({
        ...WIKI,
        client_name: 'Team wiki',
        consent: 'first_party',
      })
      expect(changed.body.data.client).not.toHaveProperty('client_uri')
      const [event] = (await t.read(({ reader }) => reader.select().from(reader.t.auditEvent))).filter(
        ({ action, targetId }) => action === 'oidc.client.update' && targetId === id,
      )
      expect(event?.details).toEqual({
        name: 'Team wiki',
        fields: ['client_name', 'client_uri'],
        changes: {
          client_name: { from: WIKI.client_name, to: 'Team wiki' },
          client_uri: { from: 'https://wiki.example.com/', to: null },
        },
      })
      expect((await tenant.actions()).slice(-1)).toEqual(['oidc.client.update'])
    })

    test('with what was and what is recorded, save for keys and addresses, and within bounds', async () => {
      const { make, call } = await arrange()
      const { id } = await make()
      const redirect_uris = Array.from(
        { length: 20 },
        (_, i) => `https://wiki.example.com/${i}${'x'.repeat(90)}`,
      )
      await call('PATCH', `/${id}`, {
        redirect_uris,
        contacts: ['ada@example.com'],
        jwks: { keys: [PUBLIC_KEY] },
        consent: 'first_party',
        access: { members_only: false },
      })
      const events = await t.read(({ reader }) => reader.select().from(reader.t.auditEvent))
      const isIt = ({ action, targetId }: (typeof events)[number]) =>
        action === 'oidc.client.update' && targetId === id
      const details = events.find(isIt)?.details ?? {}
      expect([...(details.fields as string[])].sort()).toEqual([
        'access',
        'consent',
        'contacts',
        'jwks',
        'redirect_uris',
      ])
      const changes = details.changes as Record<string, { from: unknown; to: unknown }>
      expect(Object.keys(changes).sort()).toEqual(['access', 'consent', 'redirect_uris'])
      expect(changes.consent).toEqual({ from: 'required', to: 'first_party' })
      expect(changes.access).toMatchObject({ from: { members_only: true }, to: { members_only: false } })
      expect(changes.redirect_uris).toMatchObject({ from: WIKI.redirect_uris })
      expect(changes.redirect_uris?.to).toStartWith('["https://wiki.example.com/0x')
      expect(String(changes.redirect_uris?.to)).toHaveLength(1_001)
    })

    test('to the default of every member of ours by null', async () => {
      const { make, call } = await arrange()
      const { id } = await make()
      const said = {
        pkce_required: false,
        pkce_plain_allowed: true,
        consent: 'first_party',
        access_token_format: 'opaque',
        access_token_signing_alg: 'RS256',
        access_token_lifetime: 60,
        id_token_lifetime: 60,
        refresh_token_lifetime: 60,
        audiences: ['https://api.example.com'],
        claims: { picture_url: 'avatar_url' },
        access: { members_only: false, roles: [], department_ids: [] },
      }
      const usual = (await call('GET', `/${id}`)).body.data.client
      expect((await call('PATCH', `/${id}`, said)).body.data.client).toMatchObject(said)
      const nothing = Object.fromEntries(Object.keys(said).map((name) => [name, null]))
      const { status, body } = await call('PATCH', `/${id}`, nothing)
      expect([status, body.data.client]).toEqual([200, { ...usual, updated_at: expect.any(String) }])
      expect((await call('POST', '', { ...WIKI, consent: null })).status).toBe(400)
    })

    test('also where a stored one is older than a rule', async () => {
      const { make, call } = await arrange()
      const { id } = await make()
      await t.write(async ({ tx }) => {
        const { client } = tx.t
        const [row] = await tx.select().from(client).where(eq(client.id, id))
        if (!row) throw new Error('The client is gone')
        const older = {
          logo_uri: 'http://a.example/logo.png',
          grant_types: ['client_credentials'] as 'client_credentials'[],
          response_types: [],
          scope: 'organizations:read',
        }
        await tx
          .update(client)
          .set({ metadata: { ...row.metadata, ...older } })
          .where(eq(client.id, id))
      })
      const changed = await call('PATCH', `/${id}`, { client_name: 'Older' })
      expect([changed.status, changed.body.data?.client]).toEqual([
        200,
        expect.objectContaining({ client_name: 'Older', logo_uri: 'http://a.example/logo.png' }),
      ])
      const refused = await call('PATCH', `/${id}`, { scope: 'reports:read audit:read' })
      expect(Object.keys(refused.body.error.details.fields)).toEqual(['scope'])
      expect((await call('PATCH', `/${id}`, { scope: 'reports:read' })).status).toBe(200)
    })

    test('to one way of presenting the secret, and back to either', async () => {
      const { make, call } = await arrange()
      const { id } = await make()
      const change = async (method: string | null) =>
        (await call('PATCH', `/${id}`, { token_endpoint_auth_method: method })).body.data.client
      expect(await change('client_secret_post')).toMatchObject({ accepts_basic_and_post: false })
      expect(await change(null)).toMatchObject({
        accepts_basic_and_post: true,
        token_endpoint_auth_method: 'client_secret_basic',
      })
    })

    test('to a public client: its secret ends with it', async () => {
      const { make, call, takes } = await arrange()
      const { id, secret } = await make()
      expect(await takes(id, secret)).toBe(true)
      await call('PATCH', `/${id}`, { token_endpoint_auth_method: 'none' })
      expect(await takes(id, secret)).toBe(false)
      expect((await call('GET', `/${id}`)).body.data.secrets).toEqual([])
    })

    test('not to what does not fit with the rest', async () => {
      const { make, call } = await arrange()
      const { id } = await make({ pkce_required: false })
      const answer = await call('PATCH', `/${id}`, { token_endpoint_auth_method: 'none' })
      expect(answer.body.error.details.fields).toHaveProperty('pkce_required')
      expect((await call('PATCH', `/${id}`, { redirect_uris: null })).status).toBe(400)
      expect((await call('PATCH', `/${id}`, { client_name: null })).status).toBe(400)
    })

    test('by 20 at once without losing a change', async () => {
      const { make, call } = await arrange()
      const { id } = await make()
      const fields = [
        'access_token_lifetime',
        'id_token_lifetime',
        'refresh_token_lifetime',
        'default_max_age',
      ]
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => call('PATCH', `/${id}`, { [fields[i % 4] ?? '']: 60 + i })),
      )
      const { client } = (await call('GET', `/${id}`)).body.data
      for (const field of fields) expect(client[field]).toBeNumber()
      expect(answers.filter(({ status }) => ![200, 503].includes(status))).toEqual([])
    })
  })

  test('are deleted with their secrets', async () => {
    const { tenant, make, call, takes } = await arrange()
    const { id, secret } = await make()
    expect((await call('DELETE', `/${id}`)).status).toBe(200)
    expect(await takes(id, secret)).toBe(false)
    expect((await call('GET', `/${id}`)).status).toBe(404)
    expect((await call('DELETE', `/${id}`)).status).toBe(404)
    const left = await t.read(({ reader }) =>
      reader.$count(reader.t.clientSecret, eq(reader.t.clientSecret.clientId, id)),
    )
    expect(left).toBe(0)
    expect((await tenant.actions()).slice(-1)).toEqual(['oidc.client.delete'])
  })

  test('end with their organization', async () => {
    const { tenant, make } = await arrange()
    const { id } = await make()
    await t.write(({ tx }) => tx.delete(tx.t.organization).where(eq(tx.t.organization.id, tenant.id)))
    expect(await t.deps.clients.find(id)).toBeUndefined()
  })

  describe('are nobody else’s business', () => {
    const REQUESTS: readonly (readonly [string, string, object?])[] = [
      ['GET', ''],
      ['POST', '', WIKI],
      ['GET', '/:id'],
      ['PATCH', '/:id', { client_name: 'Mine' }],
      ['DELETE', '/:id'],
      ['POST', '/:id/rotate-secret'],
    ]

    test('such as members, guests, strangers and other tenants', async () => {
      const { tenant, make } = await arrange()
      const { id } = await make()
      const [member, guest] = [await tenant.join('member'), await tenant.join('guest')]
      const other = await foundTenant(t)
      for (const [method, rest, body] of REQUESTS) {
        const path = rest.replace(':id', id)
        const status = async (token?: string, within = tenant) =>
          (await t.call(method, within.path(`/clients${path}`), { token, body })).status
        expect([method, path, await status()]).toEqual([method, path, 401])
        expect([method, path, await status(member.token)]).toEqual([method, path, 403])
        expect([method, path, await status(guest.token)]).toEqual([method, path, 403])
        expect([method, path, await status(other.owner.token)]).toEqual([method, path, 404])
        if (rest !== '')
          expect([method, path, await status(other.owner.token, other)]).toEqual([method, path, 404])
      }
    })

    test('nor an API key’s without the scope, or where presence counts', async () => {
      const { tenant, make } = await arrange()
      const { id } = await make()
      const keyOf = async (name: string, scopes: string[]) => {
        const body = { name, scopes }
        return (await t.call('POST', '/users/me/api-keys', { token: tenant.owner.token, body })).body.data.key
      }
      const reading = await keyOf('r', ['organizations:read'])
      const writing = await keyOf('w', ['organizations:read', 'organizations:write'])
      const call = async (token: string, method: string, rest: string, body?: object) =>
        (await t.call(method, tenant.path(`/clients${rest}`), { token, body })).status
      expect(await call(reading, 'GET', '')).toBe(200)
      expect(await call(reading, 'POST', '', WIKI)).toBe(403)
      expect(await call(writing, 'PATCH', `/${id}`, { client_name: 'x' })).toBe(200)
      for (const change of SENSITIVE) {
        expect([change, await call(writing, 'PATCH', `/${id}`, change)]).toEqual([change, 403])
      }
      const told = await t.call('PATCH', tenant.path(`/clients/${id}`), {
        token: writing,
        body: { client_name: 'y', consent: 'first_party' },
      })
      expect(told.body.error).toEqual({ type: 'AUTHORIZATION_ERROR', details: { members: ['consent'] } })
      expect(told.body.message).toBe('An API key may not change consent. Sign in instead.')
      const { client } = (await t.call('GET', tenant.path(`/clients/${id}`), { token: writing })).body.data
      expect(client).toMatchObject({ ...WIKI, client_name: 'x', consent: 'required' })
      const open = { client_name: 'z', logo_uri: 'https://a.example/l.png', access_token_lifetime: 600 }
      expect(await call(writing, 'PATCH', `/${id}`, open)).toBe(200)
      expect(await call(writing, 'DELETE', `/${id}`)).toBe(403)
      expect(await call(writing, 'POST', `/${id}/rotate-secret`)).toBe(403)
    })

    test('where presence counts, not that of an old session', async () => {
      await using old = await testServer({ dialect })
      const tenant = await foundTenant(old)
      const { make, call, rotate } = clientCalls(old, tenant)
      const { id } = await make()
      old.clock.advance(601)
      expect((await rotate(id)).body.error.type).toBe('STEP_UP_REQUIRED')
      expect((await call('DELETE', `/${id}`)).body.error.type).toBe('STEP_UP_REQUIRED')
      expect((await call('PATCH', `/${id}`, { client_name: 'x' })).status).toBe(200)
      for (const change of SENSITIVE) {
        const answer = await call('PATCH', `/${id}`, change)
        expect([change, answer.body.error?.type]).toEqual([change, 'STEP_UP_REQUIRED'])
      }
    })

    test('with presence, all of it', async () => {
      const { make, call } = await arrange()
      const { id } = await make()
      for (const change of SENSITIVE) {
        expect([change, (await call('PATCH', `/${id}`, change)).status]).toEqual([change, 200])
      }
    })
  })

  test('of an id that nothing has are not found, however it is written', async () => {
    const { call } = await arrange()
    for (const id of ['nothing', '%00', 'x'.repeat(600), '..%2F..', '01970000-0000-7000-8000-000000000000']) {
      expect([404, 400]).toContain((await call('GET', `/${id}`)).status)
    }
  })
})
