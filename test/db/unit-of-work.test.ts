import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { loadConfig } from '../../src/config/index.ts'
import { createUnitsOfWork, type UnitsOfWork } from '../../src/db/index.ts'
import { type Log, ManualClock, SYSTEM, silentLog, systemRandom } from '../../src/kernel/index.ts'
import { createKeyring } from '../../src/keys/index.ts'
import { type TestDatabase, testDialects } from '../support/databases.ts'
import { factNames, insertFact } from './facts.ts'

const SECRET = 'test-only-4fK9vQ2mXz7LpR1sT8wY3bN6cJ5hG0dE'
const origin = { actor: SYSTEM, log: silentLog }

describe.each(testDialects)('a unit of work on $name', (dialect) => {
  const clock = new ManualClock('2030-01-01T00:00:00Z')
  let opened: TestDatabase
  let units: UnitsOfWork
  beforeAll(async () => {
    opened = await dialect.open()
    const config = loadConfig({
      env: { NODE_ENV: 'test', SECRET_KEY: SECRET, ENCRYPTION_KEY: SECRET.toUpperCase() },
      envFile: false,
    })
    const keyring = createKeyring(config.encryptionKeys, systemRandom)
    units = createUnitsOfWork({ database: opened.database, clock, random: systemRandom, config, keyring })
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  test('has one instant for all of it', async () => {
    await units.write(origin, async (ctx) => {
      const { now } = ctx
      clock.advance(1)
      expect(ctx.now).toBe(now)
      expect(await units.read(origin, async (other) => other.now.getTime() - now.getTime())).toBe(1_000)
    })
  })

  test('reads its own changes', async () => {
    await units.write(origin, async (ctx) => {
      await insertFact(ctx.tx, 'own')
      expect(await factNames(ctx.reader)).toContain('own')
    })
    expect(await units.read(origin, ({ reader }) => factNames(reader))).toContain('own')
  })

  test('notifies after the commit', async () => {
    const seen: boolean[] = []
    const isThere = async () => (await factNames(opened.database.reader)).includes('notified')
    const notified = Promise.withResolvers<void>()
    await units.write(origin, async (ctx) => {
      ctx.afterCommit(async () => {
        seen.push(await isThere())
        notified.resolve()
      })
      await insertFact(ctx.tx, 'notified')
      seen.push(await isThere())
    })
    await notified.promise
    expect(seen).toEqual([false, true])
  })

  test('does not notify when it fails', async () => {
    let notifications = 0
    const failing = units.write(origin, async (ctx) => {
      ctx.afterCommit(() => notifications++)
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
    expect(notifications).toBe(0)
  })

  test('is not undone by a notification that throws; the others still run', async () => {
    const events: string[] = []
    const log: Log = { ...silentLog, error: (event) => events.push(event) }
    let notifications = 0
    await units.write({ ...origin, log }, async (ctx) => {
      ctx.afterCommit(() => {
        throw new Error('on purpose')
      })
      ctx.afterCommit(() => notifications++)
      await insertFact(ctx.tx, 'kept')
    })
    expect([events, notifications]).toEqual([['after_commit.failed'], 1])
  })

  if (dialect.name === 'postgres') {
    test('that is run again notifies of the last time only', async () => {
      let attempts = 0
      let notifications = 0
      await units.write(origin, async (ctx) => {
        ctx.afterCommit(() => notifications++)
        if (++attempts < 3) throw Object.assign(new Error('again'), { name: 'PostgresError', errno: '40001' })
      })
      expect([attempts, notifications]).toEqual([3, 1])
    })
  }

  test('turns a failure to read into one that is safe to show', async () => {
    const read = units.read(origin, async () => {
      throw Object.assign(new Error('gone'), { name: 'PostgresError', errno: '57P01' })
    })
    await expect(read).rejects.toMatchObject({ type: 'SERVICE_UNAVAILABLE' })
  })
})
