import { describe, expect, test } from 'bun:test'
import { FREE_GUESSES, guessDelaySeconds } from '../../src/credentials/code-guesses.ts'
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

/** How many codes of one account are looked at in so many seconds, from however many addresses and sign-ins. */
function guessesWithin(seconds: number): number {
  let guesses = 0
  for (let passed = 0; passed <= seconds; guesses++) passed += guessDelaySeconds(guesses + 1)
  return guesses
}

describe('guessing 10⁶ codes', () => {
  /** Of a million codes, that of now and one on each side. */
  const CHANCE = 3 / 10 ** 6
  const YEAR = 365 * 86_400

  test('is hopeless: the waits leave a year of it one chance in four hundred', () => {
    expect(FREE_GUESSES).toBe(10)
    const delays = [9, 10, 11, 12, 26, 27, 1_000].map(guessDelaySeconds)
    expect(delays).toEqual([0, 1, 2, 4, 65_536, 86_400, 86_400])
    // Known devices have a count of their own: at the worst somebody guesses from one and as a stranger.
    const guesses = 2 * guessesWithin(YEAR)
    expect(guesses).toBeLessThan(800)
    expect(1 - (1 - CHANCE) ** guesses).toBeLessThan(1 / 400)
    // Even odds take 231,049 codes: three centuries, at two a day.
    const evenOdds = Math.ceil(Math.log(0.5) / Math.log(1 - CHANCE))
    expect(evenOdds).toBe(231_049)
    expect((evenOdds - guesses) / 2 / 365).toBeGreaterThan(300)
  })

  test.each(testDialects)('is held to that on $name', async (dialect) => {
    await using t = await testServer({ dialect })
    const app = await withTotp(t, await withPassword(t))
    const end = t.clock.now().getTime() + 3_600_000
    let looked = 0
    while (t.clock.now().getTime() <= end) {
      const answer = await guess(t, app)
      if (answer.status === 401) looked++
      else t.clock.advance(Number(answer.headers.get('retry-after')))
    }
    expect(looked).toBe(guessesWithin(3_600))
    expect(await eventsOf(t, 'totp.verify_failed')).toHaveLength(looked)
  })
})
