import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { z } from 'zod'
import { type Caller, guard, type HttpDeps, type Membership, SCOPES } from '../../src/http/index.ts'
import { ROLES } from '../../src/kernel/index.ts'
import {
  byApiKey,
  byApplication,
  bySession,
  membership,
  ORGANIZATION,
  OTHER_ORGANIZATION,
} from './callers.ts'
import { requestLine, smallApp } from './small-app.ts'

const Body = z.object({ name: z.string() })
const whoami = ({ caller, origin }: { caller: Caller; origin: { actor: unknown } }) => ({
  user: caller.user.id,
  kind: caller.credential.kind,
  actor: origin.actor,
})

const routes = (deps: HttpDeps) =>
  new Elysia()
    .use(guard(deps))
    .get('/public', ({ origin }) => ({ actor: origin.actor }), { public: true })
    .get('/session', whoami, { signedIn: true })
    .post('/session', whoami, { signedIn: true, body: Body })
    .get('/scoped', whoami, { signedIn: 'profile:read' })
    .post('/scoped', whoami, { signedIn: 'profile:write' })
    .get('/instance', whoami, { instanceAdmin: 'admin:read' })
    .get('/sensitive', whoami, { signedIn: true, stepUp: true })
    .post('/sensitive', whoami, { signedIn: true, stepUp: true, body: Body })
    .get('/within-a-minute', whoami, { signedIn: true, stepUp: 60 })
    .get('/enrolment', whoami, { enrolling: 'profile:read' })
    .get('/o/:id/member', ({ membership }) => membership, { member: 'organizations:read' })
    .post('/o/:id/member', ({ membership }) => membership, { member: 'organizations:read', body: Body })
    .delete('/o/:id/members/:userId', ({ membership }) => membership, { leaving: 'organizations:write' })
    .get('/o/:id/admin', ({ membership }) => membership, { admin: 'organizations:write' })
    .get('/o/:id/owner', ({ membership }) => membership, { owner: true })

const start = (callers: Readonly<Record<string, Caller>>, env: Record<string, string> = {}) =>
  smallApp({ callers, env }, routes)
const bearer = (token = 'token') => ({ headers: { authorization: `Bearer ${token}` } })
const json = (init: { headers: Record<string, string> }, body: string) => ({
  headers: { ...init.headers, 'content-type': 'application/json' },
  body,
})
const path = (what: string, id = ORGANIZATION) => `/o/${id}/${what}`

describe('a public route', () => {
  test('asks nobody, and takes no notice of who it is', async () => {
    const { call } = start({ token: bySession() })
    for (const init of [{}, bearer(), bearer('nonsense')]) {
      const { status, body } = await call('GET', '/public', init)
      expect([status, body]).toEqual([200, { actor: { kind: 'anonymous' } }])
    }
  })
})

describe('a credential', () => {
  const small = start({ token: bySession(), cookie: bySession(), key: byApiKey(['profile:read']) })

  test('says who acts', async () => {
    expect((await small.call('GET', '/scoped', bearer())).body).toMatchObject({
      kind: 'session',
      actor: { kind: 'user', sessionId: expect.any(String) },
    })
    expect((await small.call('GET', '/scoped', bearer('key'))).body).toMatchObject({
      kind: 'api_key',
      actor: { kind: 'api_key', apiKeyId: expect.any(String) },
    })
  })

  test('names the user in the line that is logged', async () => {
    small.lines.length = 0
    const { body } = await small.call('GET', '/scoped', bearer())
    expect(await requestLine(small.lines)).toMatchObject({ user_id: body.user, status: 200 })
  })

  test.each<[string, Record<string, string>]>([
    ['none', {}],
    ['an unknown one', { authorization: 'Bearer unknown' }],
    ['an empty one', { authorization: 'Bearer ' }],
    ['no token', { authorization: 'Bearer' }],
    ['an empty header', { authorization: '' }],
    ['another scheme', { authorization: 'Basic token' }],
    ['no scheme', { authorization: 'token' }],
    ['two tokens', { authorization: 'Bearer token token' }],
    ['two headers in one', { authorization: 'Bearer token, Bearer token' }],
    ['two spaces', { authorization: 'Bearer  token' }],
    ['an unknown cookie', { cookie: 'authy2_session=unknown' }],
    ['an empty cookie', { cookie: 'authy2_session=' }],
    ['a cookie of another name', { cookie: 'session=cookie; xauthy2_session=cookie' }],
    ['a cookie for HTTPS', { cookie: '__Host-authy2_session=cookie' }],
    ['an API key in a cookie', { cookie: 'authy2_session=key' }],
  ])('that is none answers 401 with a challenge: %s', async (_, headers) => {
    const { status, headers: answered, body } = await small.call('GET', '/scoped', { headers })
    expect(status).toBe(401)
    expect(body.error).toEqual({ type: 'AUTHENTICATION_ERROR', details: {} })
    const [scheme = ''] = 'authorization' in headers ? headers.authorization.split(' ') : []
    const isBearer = scheme.toLowerCase() === 'bearer'
    const metadata = 'resource_metadata="http://localhost:5000/.well-known/oauth-protected-resource/api"'
    // Who sent no token is told of no error. RFC 6750 §3.1
    expect(answered.get('www-authenticate')).toMatch(
      isBearer ? /^Bearer error="invalid_token", error_description="[^"]+", / : /^Bearer resource_metadata=/,
    )
    expect(answered.get('www-authenticate')).toContain(`${metadata}, DPoP ${metadata}, algs="ES256`)
  })

  test.each(['Bearer token', 'bearer token', 'BEARER token'])('may be written %s', async (authorization) => {
    expect((await small.call('GET', '/session', { headers: { authorization } })).status).toBe(200)
  })

  test('in a header wins over the cookie, even when it is nobody’s', async () => {
    const cookie = 'authy2_session=cookie'
    const asked = async (authorization: string) =>
      (await small.call('GET', '/scoped', { headers: { authorization, cookie } })).status
    expect(await asked('Bearer key')).toBe(200)
    expect(await asked('Bearer unknown')).toBe(401)
    expect(await asked('Basic xyz')).toBe(401)
    const { body } = await small.call('GET', '/scoped', { headers: { authorization: 'Bearer key', cookie } })
    expect(body.kind).toBe('api_key')
  })

  test('in a header needs no Origin, in a cookie it does', async () => {
    const sent = '{"name":"a"}'
    expect((await small.call('POST', '/session', json(bearer(), sent))).status).toBe(200)
    const byCookie = (headers: Record<string, string>) =>
      small.call(
        'POST',
        '/session',
        json({ headers: { cookie: 'a=b; authy2_session=cookie', ...headers } }, sent),
      )
    expect((await byCookie({})).status).toBe(403)
    expect((await byCookie({ origin: 'https://evil.example' })).status).toBe(403)
    expect((await byCookie({ origin: 'http://localhost:5000' })).status).toBe(200)
  })
})

describe('who calls is asked before what they sent', () => {
  const small = start({ token: bySession(), member: bySession({}, [membership()]) })

  test.each([
    ['POST', '/session'],
    ['POST', '/sensitive'],
    ['POST', path('member')],
  ])('a stranger’s wrong input answers 401: %s %s', async (method, to) => {
    expect((await small.call(method, to, json({ headers: {} }, '{"name":7}'))).status).toBe(401)
    expect((await small.call(method, to)).status).toBe(401)
  })

  test('the wrong input of somebody who is no member answers 404, a member’s 400', async () => {
    expect((await small.call('POST', path('member'), json(bearer(), '{"name":7}'))).status).toBe(404)
    expect((await small.call('POST', path('member'), json(bearer('member'), '{"name":7}'))).status).toBe(400)
  })

  test('a body that cannot be read at all is refused before anybody is asked', async () => {
    expect((await small.call('POST', '/session', json({ headers: {} }, '{'))).status).toBe(400)
  })
})

describe('an API key', () => {
  test('may do what its scopes say, and nothing that wants a session', async () => {
    for (const scope of SCOPES) {
      const small = start({ token: byApiKey([scope], [membership({ role: 'owner' })]) })
      const allowed = async (to: string) => (await small.call('GET', to, bearer())).status === 200
      expect(await allowed('/scoped')).toBe(scope === 'profile:read')
      expect(await allowed('/instance')).toBe(scope === 'admin:read')
      expect(await allowed(path('member'))).toBe(scope === 'organizations:read')
      expect(await allowed(path('admin'))).toBe(scope === 'organizations:write')
      for (const to of ['/session', '/sensitive', path('owner')]) expect(await allowed(to)).toBe(false)
    }
  })

  test('is told which scope it lacks', async () => {
    const { status, body } = await start({ token: byApiKey([]) }).call('GET', '/scoped', bearer())
    expect(status).toBe(403)
    expect(body.error).toEqual({ type: 'AUTHORIZATION_ERROR', details: { required_scope: 'profile:read' } })
  })

  // RFC 6750 §3.1: an application can ask for a token of that scope, where a key stays as it is.
  test.each(['Bearer', 'DPoP'])('is no access token, which is challenged as %s, too', async (scheme) => {
    const small = start({ app: byApplication(['organizations:read']), key: byApiKey(['organizations:read']) })
    const call = async (path: string, token: string) => {
      const { status, headers } = await small.call('GET', path, {
        headers: { authorization: `${scheme} ${token}` },
      })
      return [status, headers.get('www-authenticate')]
    }
    expect(await call('/scoped', 'app')).toEqual([
      403,
      expect.stringMatching(
        new RegExp(
          `^${scheme} error="insufficient_scope", error_description="[^"]+", scope="profile:read", `,
        ),
      ),
    ])
    expect(await call('/scoped', 'key')).toEqual([403, null])
    expect(await call('/session', 'app')).toEqual([403, null]) // no scope would do
    expect(await call('/scoped', 'nobody')).toEqual([
      401,
      expect.stringMatching(new RegExp(`^${scheme} error="invalid_token", .*resource_metadata="`)),
    ])
  })

  test('of one organization finds no other', async () => {
    const both = [membership(), membership({ organizationId: OTHER_ORGANIZATION })]
    const small = start({
      bound: byApiKey(['organizations:read'], both, OTHER_ORGANIZATION),
      free: byApiKey(['organizations:read'], both),
    })
    const status = async (token: string, id: string) =>
      (await small.call('GET', path('member', id), bearer(token))).status
    expect(await status('bound', OTHER_ORGANIZATION)).toBe(200)
    expect(await status('bound', ORGANIZATION)).toBe(404)
    expect(await status('free', ORGANIZATION)).toBe(200)
    expect(await status('free', OTHER_ORGANIZATION)).toBe(200)
  })

  test('of one organization changes nothing outside of it, and sees nothing of the instance', async () => {
    const small = start({
      bound: byApiKey([...SCOPES], [membership({ role: 'admin' })], ORGANIZATION),
      free: byApiKey([...SCOPES], [membership({ role: 'admin' })]),
    })
    const statuses = async (token: string) => {
      const of = async (method: string, to: string) => (await small.call(method, to, bearer(token))).status
      return [
        await of('GET', '/scoped'),
        await of('POST', '/scoped'),
        await of('GET', '/instance'),
        await of('GET', path('admin')),
      ]
    }
    expect(await statuses('bound')).toEqual([200, 403, 403, 200])
    expect(await statuses('free')).toEqual([200, 200, 200, 200])
  })
})

describe('an organization', () => {
  const REACHES = {
    member: ['owner', 'admin', 'member', 'guest'],
    admin: ['owner', 'admin'],
    owner: ['owner'],
  } as const

  test.each(ROLES)('lets a %s as far as the role reaches, and says what is missing', async (role) => {
    const small = start({ token: bySession({}, [membership({ role })]) })
    for (const [what, roles] of Object.entries(REACHES)) {
      const { status, body } = await small.call('GET', path(what), bearer())
      const isAllowed = (roles as readonly string[]).includes(role)
      expect(status).toBe(isAllowed ? 200 : 403)
      if (isAllowed) expect(body).toMatchObject({ organizationId: ORGANIZATION, role })
      else expect(body.error.details.required_permission).toStartWith('organization.')
    }
  })

  test.each(Object.keys(REACHES))(
    'does not exist for a stranger, an instance administrator included: %s',
    async (what) => {
      const elsewhere = membership({ organizationId: OTHER_ORGANIZATION, role: 'owner' })
      const small = start({ token: bySession({}, [elsewhere], { isInstanceAdmin: true }) })
      const missing = await small.call('GET', path(what), bearer())
      expect(missing.status).toBe(404)
      expect(missing.body).toMatchObject({ message: 'Organization not found.', error: { details: {} } })
      for (const id of ['01970000-0000-7000-8000-0000000000ff', 'nonsense', '%00', '%E0%A4', '__proto__']) {
        const { status, body } = await small.call('GET', path(what, id), bearer())
        expect([status, body.message]).toEqual([404, 'Organization not found.'])
      }
    },
  )

  test.each(Object.keys(REACHES))('is closed to a suspended member: %s', async (what) => {
    const small = start({ token: bySession({}, [membership({ role: 'owner', status: 'suspended' })]) })
    const { status, body } = await small.call('GET', path(what), bearer())
    expect([status, body.error.type]).toEqual([403, 'AUTHORIZATION_ERROR'])
  })
})

describe('the instance', () => {
  test('lets its administrators in', async () => {
    const small = start({ admin: bySession({}, [], { isInstanceAdmin: true }), other: bySession() })
    expect((await small.call('GET', '/instance', bearer('admin'))).status).toBe(200)
    expect((await small.call('GET', '/instance', bearer('other'))).status).toBe(403)
  })
})

describe('a sensitive action', () => {
  const ago = (seconds: number) => new Date(Date.parse('2030-01-01T00:00:00Z') - seconds * 1000)

  test.each<[string, Parameters<typeof bySession>[0], number]>([
    ['just proved', { steppedUpAt: ago(0) }, 200],
    ['proved 599 seconds ago', { authenticatedAt: ago(86_400), steppedUpAt: ago(599) }, 200],
    ['proved ten minutes ago', { authenticatedAt: ago(86_400), steppedUpAt: ago(600) }, 403],
    ['never proved, though just signed in', { authenticatedAt: ago(0), steppedUpAt: null }, 403],
  ])('wants a recent proof of presence: %s', async (_, session, status) => {
    const answer = await start({ token: bySession(session) }).call('GET', '/sensitive', bearer())
    expect(answer.status).toBe(status)
    if (status === 403)
      expect(answer.body.error).toEqual({
        type: 'STEP_UP_REQUIRED',
        details: { methods: ['password'], max_age_seconds: 600 },
      })
  })

  test('closes as time passes', async () => {
    const small = start({ token: bySession() })
    small.clock.advance(599)
    expect((await small.call('GET', '/sensitive', bearer())).status).toBe(200)
    small.clock.advance(1)
    expect((await small.call('GET', '/sensitive', bearer())).status).toBe(403)
  })
})

describe('past a deadline for a second factor', () => {
  const NOW = new Date('2030-01-01T00:00:00Z')
  const asAdmin = { isInstanceAdmin: true }
  const owner = (changed: Parameters<typeof membership>[0]) =>
    membership({ role: 'owner', mfaMissing: ['totp'], ...changed })

  test.each<[string, Caller]>([
    ['a deadline that was noted', bySession({}, [owner({ mfaStatus: 'past_due' })], asAdmin)],
    [
      'a deadline that passes now, before any job',
      bySession({}, [owner({ mfaStatus: 'in_grace', mfaDeadlineAt: NOW })], asAdmin),
    ],
    ['a way of signing in that is not allowed', bySession({ isComplianceOnly: true }, [], asAdmin)],
    ['an API key', byApiKey([...SCOPES], [owner({ mfaStatus: 'past_due' })])],
  ])('only what enrolment needs answers: %s', async (_, caller) => {
    const small = start({ token: caller })
    const session = caller.credential.kind === 'session'
    const refused = ['/scoped', '/instance', path('member'), ...(session ? ['/session', '/sensitive'] : [])]
    for (const to of refused) {
      const { status, body } = await small.call('GET', to, bearer())
      expect([status, body.error.type]).toEqual([403, 'COMPLIANCE_REQUIRED'])
    }
    for (const to of ['/public', '/enrolment'])
      expect((await small.call('GET', to, bearer())).status).toBe(200)
  })

  test('the refusal names what is missing, and who asks for it', async () => {
    const caller = bySession({}, [owner({ mfaStatus: 'past_due' }), membership({ organizationId: 'b' })])
    const { body } = await start({ token: caller }).call('GET', '/session', bearer())
    const asking = {
      id: ORGANIZATION,
      slug: 'acme-corp',
      name: 'Acme Corporation',
      missing_methods: ['totp'],
    }
    expect(body.error.details).toEqual({ missing_methods: ['totp'], organizations: [asking] })
  })

  test.each<[string, Partial<Membership>]>([
    ['still in grace', { mfaStatus: 'in_grace', mfaDeadlineAt: new Date(NOW.getTime() + 1) }],
    ['compliant', { mfaStatus: 'compliant' }],
    ['not yet judged', { mfaStatus: 'pending' }],
    ['a suspended member, whom it does not concern', { mfaStatus: 'past_due', status: 'suspended' }],
  ])('everything answers to one who is %s', async (_, changed) => {
    const small = start({ token: bySession({}, [membership(changed)]) })
    expect((await small.call('GET', '/session', bearer())).status).toBe(200)
  })
})

test('a route may ask for a fresher proof of presence than others', async () => {
  const small = start({ token: bySession() })
  small.clock.advance(59)
  expect((await small.call('GET', '/within-a-minute', bearer())).status).toBe(200)
  small.clock.advance(1)
  const { status, body } = await small.call('GET', '/within-a-minute', bearer())
  expect([status, body.error.details.max_age_seconds]).toEqual([403, 60])
})

test('of twenty requests at once none sees another’s caller', async () => {
  const callers = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [
      `token-${index}`,
      bySession({}, [membership({ slug: `organization-${index}` })]),
    ]),
  )
  const small = start(callers)
  const slugs = await Promise.all(
    Object.keys(callers).map(
      async (token) => (await small.call('GET', path('member'), bearer(token))).body.slug,
    ),
  )
  expect(slugs).toEqual(Array.from({ length: 20 }, (_, index) => `organization-${index}`))
})

test('a capability that is not under the edge fails closed', async () => {
  const { deps } = start({ token: bySession() })
  const app = new Elysia().use(routes(deps))
  const response = await app.handle(new Request('http://localhost/session', bearer()))
  expect(response.status).toBe(500)
})
