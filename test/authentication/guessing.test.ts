import { describe, expect, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'
import { type App, firstFactor, verifyCode, verifyWebauthn, withPasskey, withTotp } from './factors.ts'
import { cookiesOf, eventsOf, withPassword } from './people.ts'

const STRANGER = { headers: { 'user-agent': 'stranger/1' } }

/** Somebody who knows the password: a new sign-in after every wrong code, so that no attempt ends. */
async function guess(t: TestServer, app: App, options: { headers?: Record<string, string> } = STRANGER) {
  return verifyCode(t, await firstFactor(t), app.wrongCode(), options)
}

async function guessTenTimes(t: TestServer, app: App): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let n = 0; n < 10; n++) answers.push(await guess(t, app))
  return answers
}

describe.each(testDialects)('who guesses codes on $name', (dialect) => {
  test('has to wait after ten, over any number of sign-ins, and the user is told to change the password', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const app = await withTotp(t, user)
    const answers = await guessTenTimes(t, app)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
    const [mail, ...more] = await mailsOf(t, 'second_factor_guessing', user.email)
    expect([mail?.deviceName, more.length]).toEqual(['stranger', 0])

    const refused = await guess(t, app)
    expect([refused.status, refused.body.error.type]).toEqual([429, 'RATE_LIMIT_EXCEEDED'])
    expect(refused.headers.get('retry-after')).toBe('1')
    t.clock.advance(1)
    expect((await guess(t, app)).status).toBe(401)
    expect((await guess(t, app)).headers.get('retry-after')).toBe('2')
    expect(await eventsOf(t, 'totp.verify_failed')).toHaveLength(11)
    expect(await mailsOf(t, 'second_factor_guessing', user.email)).toHaveLength(1)
  })

  test('does not get in by a right code that comes too soon, which is not spent by it', async () => {
    await using t = await testServer({ dialect })
    const app = await withTotp(t, await withPassword(t))
    await guessTenTimes(t, app)
    const token = await firstFactor(t)
    expect((await verifyCode(t, token, app.code(), STRANGER)).status).toBe(429)
    t.clock.advance(1)
    expect((await verifyCode(t, token, app.code(), STRANGER)).status).toBe(200)
    expect((await guess(t, app)).status).toBe(401)
  })

  test('does not lock the owner out of a device that is known, nor of a passkey', async () => {
    await using t = await testServer({ dialect })
    const user = await withPassword(t)
    const app = await withTotp(t, user)
    const key = await withPasskey(t, user)
    const first = await verifyCode(t, await firstFactor(t), app.code())
    const device = cookiesOf(first).get('authy2_device')?.value
    t.clock.advance(60)
    await guessTenTimes(t, app)
    expect((await verifyCode(t, await firstFactor(t), app.code(), STRANGER)).status).toBe(429)
    const known = { headers: { cookie: `authy2_device=${device}`, 'sec-fetch-site': 'same-origin' } }
    expect((await verifyCode(t, await firstFactor(t), app.code(), known)).status).toBe(200)
    expect((await verifyCode(t, await firstFactor(t), app.code(), STRANGER)).status).toBe(429)
    expect((await verifyWebauthn(t, key, { mfa_token: await firstFactor(t) })).status).toBe(200)
    expect((await verifyWebauthn(t, key)).status).toBe(200)
  })

  test('is limited by account, whatever the address, and known devices apart', async () => {
    await using t = await testServer({
      dialect,
      env: { RATELIMIT_ENABLED: 'true', RATELIMIT_TOTP_VERIFY: '3/1m', TRUSTED_PROXIES: '0.0.0.0/0' },
    })
    const app = await withTotp(t, await withPassword(t))
    const from = (n: number) => ({ headers: { 'x-forwarded-for': `203.0.113.${n}`, 'user-agent': `s/${n}` } })
    const statuses: number[] = []
    for (let n = 1; n <= 4; n++) statuses.push((await guess(t, app, from(n))).status)
    expect(statuses.slice(0, 3)).toEqual([401, 401, 401])
    expect(statuses[3]).toBe(429)
  })
})
