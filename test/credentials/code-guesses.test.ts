import { describe, expect, test } from 'bun:test'
import {
  clearAllGuesses,
  clearGuesses,
  FREE_GUESSES,
  guessDelaySeconds,
  setPassword,
  takeGuess,
} from '../../src/credentials/index.ts'
import { AppError, DAY } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'

/** A guess at the present moment: how many there are, or for how long to wait. */
async function guess(t: TestServer, userId: string, isKnownDevice = false): Promise<number | string> {
  try {
    return await t.write((ctx) => takeGuess(ctx, { userId, isKnownDevice }))
  } catch (error) {
    if (error instanceof AppError) return `wait ${error.headers['Retry-After']}`
    throw error
  }
}

test('a year of guessing without a pause has less than one chance in a hundred', () => {
  const YEAR = 365 * DAY
  const countsOfDevices = 2 // a guesser may have a device that is known, too
  const validCodes = 3 // of this step, the one before and the one after
  let tries = 0
  for (let seconds = 0; seconds < YEAR; seconds += guessDelaySeconds(tries)) tries++
  expect(tries).toBeLessThan(400)
  const expectedSuccesses = (tries * countsOfDevices * validCodes) / 10 ** 6
  expect(expectedSuccesses).toBeLessThan(0.01)
})

test.each([
  [1, 0],
  [9, 0],
  [10, 1],
  [11, 2],
  [15, 32],
  [26, 65_536],
  [27, DAY],
  [10_000, DAY],
])('after %d wrong codes the next one waits for %d seconds', (failures, seconds) => {
  expect(guessDelaySeconds(failures)).toBe(seconds)
})

describe.each(testDialects)('guesses on $name', (dialect) => {
  test('are free ten times, and then have to wait, longer and longer', async () => {
    await using t = await testServer({ dialect })
    const { user } = await t.signedIn()
    for (let n = 1; n <= FREE_GUESSES; n++) expect(await guess(t, user.id)).toBe(n)
    expect(await guess(t, user.id)).toBe('wait 1')
    t.clock.advance(1)
    expect(await guess(t, user.id)).toBe(11)
    expect(await guess(t, user.id)).toBe('wait 2')
    t.clock.advance(1)
    expect(await guess(t, user.id)).toBe('wait 1')
    t.clock.advance(1)
    expect(await guess(t, user.id)).toBe(12)
  })

  test('wait for a day at most', async () => {
    await using t = await testServer({ dialect })
    const { user } = await t.signedIn()
    for (let n = 1; n <= 40; n++) {
      await guess(t, user.id)
      t.clock.advance(DAY)
    }
    expect(await guess(t, user.id)).toBe(41)
    expect(await guess(t, user.id)).toBe(`wait ${DAY}`)
  })

  test('of twenty at once that have waited, one is let through', async () => {
    await using t = await testServer({ dialect })
    const { user } = await t.signedIn()
    for (let n = 1; n <= FREE_GUESSES; n++) await guess(t, user.id)
    t.clock.advance(1)
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => guess(t, user.id)))
    expect(outcomes.filter((outcome) => typeof outcome === 'number')).toEqual([11])
  })

  test('of thirty at once at the beginning, ten are let through', async () => {
    await using t = await testServer({ dialect })
    const { user } = await t.signedIn()
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => guess(t, user.id)))
    expect(outcomes.filter((outcome) => typeof outcome === 'number')).toHaveLength(FREE_GUESSES)
  })

  test('are counted for each user, and for known devices apart', async () => {
    await using t = await testServer({ dialect })
    const { user } = await t.signedIn()
    const { user: other } = await t.signedIn()
    for (let n = 1; n <= FREE_GUESSES; n++) await guess(t, user.id)
    expect(await guess(t, user.id)).toBe('wait 1')
    expect(await guess(t, user.id, true)).toBe(1)
    expect(await guess(t, other.id)).toBe(1)
  })

  test('are forgotten after a right one, of the same kind of device', async () => {
    await using t = await testServer({ dialect })
    const { user } = await t.signedIn()
    for (let n = 1; n <= FREE_GUESSES; n++) await guess(t, user.id)
    await t.write((ctx) => clearGuesses(ctx, { userId: user.id, isKnownDevice: true }))
    expect(await guess(t, user.id)).toBe('wait 1')
    await t.write((ctx) => clearGuesses(ctx, { userId: user.id, isKnownDevice: false }))
    expect(await guess(t, user.id)).toBe(1)
  })

  test.each([
    ['all at once', (ctx, userId) => clearAllGuesses(ctx, userId)],
    ['with a new password', (ctx, userId) => setPassword(ctx, { userId, hash: 'x' })],
  ] satisfies [string, (ctx: Parameters<typeof clearAllGuesses>[0], userId: string) => Promise<void>][])(
    'are forgotten %s',
    async (_, forget) => {
      await using t = await testServer({ dialect })
      const { user } = await t.signedIn()
      for (let n = 1; n <= FREE_GUESSES; n++) {
        await guess(t, user.id)
        await guess(t, user.id, true)
      }
      await t.write((ctx) => forget(ctx, user.id))
      expect([await guess(t, user.id), await guess(t, user.id, true)]).toEqual([1, 1])
    },
  )

  test('that come too soon change nothing', async () => {
    await using t = await testServer({ dialect })
    const { user } = await t.signedIn()
    for (let n = 1; n <= FREE_GUESSES; n++) await guess(t, user.id)
    const rows = () => t.read((ctx) => ctx.reader.select().from(ctx.reader.t.secondFactorFailure))
    const before = await rows()
    await guess(t, user.id)
    expect(await rows()).toEqual(before)
  })
})
