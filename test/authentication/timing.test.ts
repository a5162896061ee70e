import { describe, expect, test } from 'bun:test'
import { createPasswordHasher } from '../../src/credentials/index.ts'
import { monotonicMilliseconds } from '../../src/kernel/index.ts'
import { createUser, updateUser } from '../../src/users/index.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { OTHER_PASSWORD, register, signIn, withPassword } from './people.ts'

/** Without the work that hides the difference it is tenfold and more; a busy machine stays well below two. */
const STATED_FACTOR = 1.6
const TIMEOUT_MILLISECONDS = 180_000

describe.each(testDialects)('the time that an answer takes on $name', (dialect) => {
  test(
    'does not tell why a sign-in failed',
    async () => {
      await using t = await testServer({ dialect, hasher: slowHasher() })
      await withPassword(t)
      const suspended = await withPassword(t, { email: 'suspended@example.com' })
      await t.write((ctx) => updateUser(ctx, suspended.id, { status: 'suspended' }))
      await t.write((ctx) => createUser(ctx, { email: 'federated@example.com' }))
      const factor = await spread(42, {
        wrongPassword: () => signIn(t, { password: OTHER_PASSWORD }),
        unknownAddress: () => signIn(t, { email: 'nobody@example.com' }),
        suspended: () => signIn(t, { email: 'suspended@example.com' }),
        noPassword: () => signIn(t, { email: 'federated@example.com' }),
      })
      expect(factor).toBeLessThan(STATED_FACTOR)
    },
    TIMEOUT_MILLISECONDS,
  )

  test(
    'does not tell whether a reset was mailed',
    async () => {
      await using t = await testServer({ dialect })
      await withPassword(t)
      const forgot = (email: string) => t.call('POST', '/auth/forgot-password', { body: { email } })
      const factor = await spread(100, {
        known: () => forgot('alice@example.com'),
        unknown: () => forgot('nobody@example.com'),
      })
      expect(factor).toBeLessThan(STATED_FACTOR)
    },
    TIMEOUT_MILLISECONDS,
  )

  test(
    'does not tell whether an address was registered before, where that is hidden',
    async () => {
      const env = { AUTH_HIDE_EXISTENCE: 'true' }
      await using t = await testServer({ dialect, env, hasher: slowHasher() })
      await withPassword(t)
      let next = 0
      const factor = await spread(42, {
        known: () => register(t),
        unknown: () => register(t, { email: `user${next++}@example.com` }),
      })
      expect(factor).toBeLessThan(STATED_FACTOR)
    },
    TIMEOUT_MILLISECONDS,
  )
})

/** As in production: what a hash costs is what hides the rest. */
const slowHasher = () => createPasswordHasher({ algorithm: 'argon2id', bcryptLogRounds: 12, queueLimit: 10 })

/**
 * How many times longer the slowest action takes than the fastest, by the lower quartile of each: what else the
 * machine does only ever adds. They are taken in turns, so that it falls on all alike, and looked at once, when all
 * rounds are over: who looks until it fits will see it fit.
 */
async function spread(rounds: number, actions: Record<string, () => Promise<unknown>>): Promise<number> {
  const times = Object.values(actions).map((act) => ({ act, taken: [] as number[] }))
  for (const { act } of times) await act() // the first warms up
  for (let round = 0; round < rounds; round++) await takeTurns(times)
  const quartiles = times.map((action) => lowerQuartile(action.taken))
  return Math.max(...quartiles) / Math.min(...quartiles)
}

async function takeTurns(times: readonly { act: () => Promise<unknown>; taken: number[] }[]): Promise<void> {
  for (const { act, taken } of times) {
    const start = monotonicMilliseconds()
    await act()
    taken.push(monotonicMilliseconds() - start)
  }
}

const lowerQuartile = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 2] ?? 0
