import { describe, expect, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { eventsSince } from './bad-input.ts'
import { firstFactor, verifyCode, withTotp } from './factors.ts'
import { withPassword } from './people.ts'

const TOO_LONG = '1'.repeat(33)
const recorded = async (t: TestServer) =>
  (await eventsSince(t, new Set())).filter((e) => e.outcome === 'failure')

describe.each(testDialects)('what is no proof is recorded on $name', (dialect) => {
  test('within the limit of its route only, so that nobody floods the log with it', async () => {
    const env = { RATELIMIT_ENABLED: 'true', RATELIMIT_TOTP_VERIFY: '2/1m' }
    await using t = await testServer({ dialect, env })
    await withTotp(t, await withPassword(t))
    const token = await firstFactor(t)
    const statuses: number[] = []
    for (let n = 1; n <= 4; n++) statuses.push((await verifyCode(t, token, TOO_LONG)).status)
    expect(statuses).toEqual([400, 400, 429, 429])
    expect(await recorded(t)).toHaveLength(2)
  })

  test.each(['/auth/step-up', '/auth/totp/verify-enrollment', '/auth/webauthn/register/complete'])(
    'at %s of those only who are let in',
    async (path) => {
      await using t = await testServer({ dialect })
      const { token } = await t.signedIn()
      expect((await t.call('POST', path, { body: {} })).status).toBe(401)
      expect((await t.call('POST', path, { body: {}, token: `${token}x` })).status).toBe(401)
      const headers = { cookie: `authy2_session=${token}`, origin: 'https://evil.example' }
      expect((await t.call('POST', path, { body: {}, headers })).status).toBe(403)
      expect(await recorded(t)).toEqual([])
      expect((await t.call('POST', path, { body: {}, token })).status).toBe(400)
      expect(await recorded(t)).toHaveLength(1)
    },
  )

  test('without what was sent', async () => {
    await using t = await testServer({ dialect })
    await withTotp(t, await withPassword(t))
    await verifyCode(t, await firstFactor(t), TOO_LONG)
    expect(JSON.stringify(await recorded(t))).not.toContain(TOO_LONG)
  })

  test('and nobody is told of their mistake where that could not be done', async () => {
    await using t = await testServer({ dialect })
    const { token } = await t.signedIn()
    const write = () => Promise.reject(new Error('gone'))
    await using broken = await testServer({ dialect, deps: { authenticate: t.deps.authenticate, write } })
    const answer = await broken.call('POST', '/auth/step-up', { token, body: {} })
    expect([answer.status, answer.body.error.type]).toEqual([500, 'INTERNAL_ERROR'])
  })
})
