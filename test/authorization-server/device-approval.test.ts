import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type Setting, setUp } from './setting.ts'

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const GRANTS = { grant_types: ['authorization_code', DEVICE_GRANT] }
const SCOPES = ['openid', 'email']

describe.each(testDialects)('answering for a device on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const basic = ({ client }: Setting) => ({ authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` })

  const arrange = async (settings: object = {}) => {
    const setting = await setUp(t, { ...GRANTS, ...settings })
    const { json } = await setting.browser.form('/oidc/device', { scope: 'openid email' }, basic(setting))
    const { token, user } = await t.signedIn()
    const call = (step: string, body: object = {}, bearer: string | undefined = token) =>
      t.call('POST', `/oidc/device/${step}`, { token: bearer, body: { user_code: json.user_code, ...body } })
    const poll = () =>
      setting.browser.form(
        '/oidc/token',
        { grant_type: DEVICE_GRANT, device_code: json.device_code },
        basic(setting),
      )
    return { setting, user, token, call, poll, code: json.user_code as string }
  }

  test('shows who asks, for what, from where and when, before anything is answered', async () => {
    const { setting, call, code } = await arrange()
    const { status, body } = await call('lookup', { user_code: ` ${code.toLowerCase().replace('-', ' ')} ` })
    expect(status).toBe(200)
    expect(body.data.device).toEqual({
      user_code: code,
      client: expect.objectContaining({ client_id: setting.client.id, name: 'Wiki' }),
      scopes: [
        { name: 'openid', description: 'Know that it is you' },
        { name: 'email', description: 'See your e-mail address' },
      ],
      resources: [],
      requested_from: null,
      requested_at: '2030-01-01T00:00:00.000Z',
      expires_at: '2030-01-01T00:10:00.000Z',
    })
  })

  test('signs the device in as the person who approved, once', async () => {
    const { user, call, poll } = await arrange()
    expect((await poll()).json.error).toBe('authorization_pending')
    expect((await call('approve', { scopes: SCOPES })).status).toBe(200)
    expect((await call('approve', { scopes: SCOPES })).status).toBe(404)
    expect((await call('deny')).status).toBe(404)
    expect((await eventsOf(t, 'oidc.device_approve')).slice(-1)).toMatchObject([{ actorId: user.id }])
    const { json } = await poll()
    const [, payload = ''] = json.id_token.split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString()).sub).toBe(user.id)
  })

  test('turns it away', async () => {
    const { user, call, poll } = await arrange()
    expect((await call('deny')).status).toBe(200)
    expect((await eventsOf(t, 'oidc.device_deny')).slice(-1)).toMatchObject([{ actorId: user.id }])
    expect((await poll()).json.error).toBe('access_denied')
  })

  test('gives one of twenty answers at once a say', async () => {
    const { call } = await arrange()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0 ? call('approve', { scopes: SCOPES }) : call('deny'),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test.each([
    ['less', ['openid']],
    ['more', ['openid', 'email', 'profile']],
    ['something else', ['openid', 'profile']],
  ])('is not satisfied by agreeing to %s than was shown', async (_, scopes) => {
    const { call, poll } = await arrange()
    expect((await call('approve', { scopes })).status).toBe(409)
    expect((await poll()).json.error).toBe('authorization_pending')
  })

  test('is for whom the application is for', async () => {
    const { setting, user, call, poll } = await arrange({ access: { members_only: true } })
    expect((await call('approve', { scopes: SCOPES })).status).toBe(403)
    expect((await eventsOf(t, 'oidc.device_approve')).slice(-1)).toMatchObject([
      { outcome: 'failure', reason: 'not_admitted', actorId: user.id, targetId: setting.client.id },
    ])
    expect((await poll()).json.error).toBe('authorization_pending')
  })

  test('is for a person who is signed in', async () => {
    const { call } = await arrange()
    for (const step of ['lookup', 'approve', 'deny']) {
      expect((await call(step, { scopes: SCOPES }, '')).status).toBe(401)
    }
  })

  test.each(['BBBB-BBBB', 'AAAA-AAAA', '', 'x'.repeat(64), '😀'])(
    'knows no device by %p',
    async (user_code) => {
      const { call } = await arrange()
      expect([400, 404]).toContain((await call('lookup', { user_code })).status)
    },
  )

  test('is over after ten minutes', async () => {
    await using own = await testServer({ dialect })
    const setting = await setUp(own, GRANTS)
    const { json } = await setting.browser.form('/oidc/device', { scope: 'openid' }, basic(setting))
    own.clock.advance(601)
    const { token } = await own.signedIn()
    const body = { user_code: json.user_code }
    const { status, body: refused } = await own.call('POST', '/oidc/device/lookup', { token, body })
    expect([status, refused.message]).toEqual([
      404,
      'No device waits with this code. Check it, or start again on the device.',
    ])
  })

  test('lets nobody try codes for long', async () => {
    await using own = await testServer({ dialect, env: { RATELIMIT_ENABLED: 'true' } })
    const { token } = await own.signedIn()
    const statuses: number[] = []
    for (let tries = 0; tries < 11; tries++) {
      const body = { user_code: 'BBBB-BBBB' }
      statuses.push((await own.call('POST', '/oidc/device/lookup', { token, body })).status)
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 404), 429])
  })
})
