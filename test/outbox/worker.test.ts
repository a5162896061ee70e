import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { claimDue } from '../../src/outbox/claim.ts'
import { enqueue } from '../../src/outbox/enqueue.ts'
import { PermanentFailure } from '../../src/outbox/failure.ts'
import type { Delivery } from '../../src/outbox/message.ts'
import { testDialects } from '../support/databases.ts'
import { type TestOutbox, testOutbox } from './fixture.ts'

const note = (t: TestOutbox, payload: unknown = { n: 1 }) =>
  t.write((ctx) => enqueue(ctx, { kind: 'note.test', payload }))

/** A handler that keeps what it is given, and does as told. */
function recorder(behave: (delivery: Delivery) => Promise<void> = async () => {}) {
  const deliveries: Delivery[] = []
  const handlers = {
    note(delivery: Delivery) {
      deliveries.push(delivery)
      return behave(delivery)
    },
  }
  return { deliveries, handlers }
}

const failing = () => recorder(() => Promise.reject(new Error('no route to host')))
const never = () => new Promise<void>(() => {})

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await isTrue()) return
    await Bun.sleep(5)
  }
  throw new Error('It did not happen within two seconds')
}

describe.each(testDialects)('the outbox on $name', (dialect) => {
  test('delivers what was committed, once, and keeps nothing of it', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder()
    const worker = t.worker({ handlers })
    await note(t, { hello: 'world' })
    await worker.runOnce()
    await worker.runOnce()
    expect(deliveries).toHaveLength(1)
    expect(deliveries[0]).toMatchObject({ kind: 'note.test', payload: { hello: 'world' } })
    expect(deliveries[0]?.createdAt).toEqual(t.clock.now())
    expect(await t.rows()).toEqual([])
  })

  test('delivers nothing of a transaction that was rolled back', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder()
    const worker = t.worker({ handlers })
    const failed = t.write(async (ctx) => {
      await enqueue(ctx, { kind: 'note.test', payload: {} })
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow('changed my mind')
    await worker.runOnce()
    expect(deliveries).toEqual([])
    expect(await t.rows()).toEqual([])
  })

  test('keeps the payload sealed at rest', async () => {
    await using t = await testOutbox({ dialect })
    await note(t, { token: 'a2v_secret-of-the-link' })
    const [row] = await t.rows()
    const stored = Buffer.from(row?.payload ?? []).toString('latin1')
    expect(stored.length).toBeGreaterThan(0)
    expect(stored).not.toContain('secret-of-the-link')
    expect(stored).not.toContain('token')
  })

  test('does not open a payload that was copied from another row', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder()
    await note(t, { n: 1 })
    await note(t, { n: 2 })
    const [first, second] = await t.rows()
    if (!first || !second) throw new Error('Two rows were written')
    await t.write(async ({ tx }) => {
      const { outboxMessage: m } = tx.t
      await tx.update(m).set({ payload: first.payload }).where(eq(m.id, second.id))
    })
    await t.worker({ handlers }).runOnce()
    expect(deliveries.map(({ payload }) => payload)).toEqual([{ n: 1 }])
    expect(await t.rows()).toMatchObject([{ id: second.id, status: 'dead' }])
  })

  test('tries again after a growing while, and gives up within a day', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = failing()
    const worker = t.worker({ handlers })
    await note(t)
    const begun = t.clock.now()
    const delays: number[] = []
    for (;;) {
      await worker.runOnce()
      const [row] = await t.rows()
      if (row?.status !== 'pending') break
      const due = row.nextAttemptAt.getTime()
      delays.push(due - t.clock.now().getTime())
      t.clock.set(new Date(due - 1))
      await worker.runOnce() // not before its time
      t.clock.set(new Date(due))
    }
    expect(delays).toHaveLength(9)
    expect(delays.every((delay, at) => at === 0 || delay > (delays[at - 1] ?? 0) * 0.8)).toBe(true)
    expect(deliveries).toHaveLength(10)
    const hours = (t.clock.now().getTime() - begun.getTime()) / 3_600_000
    expect(hours).toBeGreaterThan(18)
    expect(hours).toBeLessThanOrEqual(24)
    expect(await t.rows()).toMatchObject([{ status: 'dead', attempts: 10, lastError: 'no route to host' }])
    t.clock.advance(86_400)
    await worker.runOnce()
    expect(deliveries).toHaveLength(10)
  })

  test('gives up at once on what can never succeed', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder(() => Promise.reject(new PermanentFailure('gone')))
    const worker = t.worker({ handlers })
    await note(t)
    await worker.runOnce()
    expect(deliveries).toHaveLength(1)
    expect(await t.rows()).toMatchObject([{ status: 'dead', attempts: 1, lastError: 'gone' }])
  })

  test('leaves kinds that it cannot deliver to a worker that can', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder()
    await note(t)
    await t.worker({ handlers: { notebook: async () => {}, not: async () => {} } }).runOnce()
    await t.worker({ handlers: {} }).runOnce()
    expect(await t.rows()).toMatchObject([{ status: 'pending', attempts: 0 }])
    await t.worker({ handlers }).runOnce()
    expect(deliveries).toHaveLength(1)
  })

  test('four workers deliver 100 messages exactly once', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder(() => Bun.sleep(1))
    const workers = Array.from({ length: 4 }, () => t.worker({ handlers }))
    await t.write(async (ctx) => {
      for (let n = 0; n < 100; n++) await enqueue(ctx, { kind: 'note.test', payload: { n } })
    })
    await Promise.all(workers.map((worker) => worker.runOnce()))
    await until(async () => (await t.rows()).length === 0)
    expect(deliveries).toHaveLength(100)
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(100)
  })

  test('of 20 claims at once for one message one gets it', async () => {
    await using t = await testOutbox({ dialect })
    await note(t)
    const claims = await Promise.all(
      Array.from({ length: 20 }, () => t.write((ctx) => claimDue(ctx, { handled: ['note'], limit: 5 }))),
    )
    expect(claims.map((claimed) => claimed.length).toSorted()).toEqual([...Array(19).fill(0), 1])
  })

  test('delivers after the lease what a process took and died with', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder()
    const worker = t.worker({ handlers })
    await note(t)
    await t.write((ctx) => claimDue(ctx, { handled: ['note'], limit: 5 }))
    t.clock.advance(59)
    await worker.runOnce()
    expect(deliveries).toHaveLength(0)
    t.clock.advance(1)
    await worker.runOnce()
    expect(deliveries).toHaveLength(1)
    expect(await t.rows()).toEqual([])
  })

  test('one that fails after its lease ran out leaves the message to its new holder', async () => {
    await using t = await testOutbox({ dialect })
    const slow = Promise.withResolvers<void>()
    let looks = 0
    const read: typeof t.units.read = (...input) => t.units.read(...input).finally(() => looks++)
    const first = t.worker({ handlers: recorder(() => slow.promise).handlers, read })
    await note(t)
    const firstRun = first.runOnce()
    await until(() => looks === 2) // it has one, and nothing more was due: else it would take that one again
    t.clock.advance(60)
    const second = Promise.withResolvers<void>()
    const secondRun = t.worker({ handlers: recorder(() => second.promise).handlers }).runOnce()
    await until(async () => (await t.rows())[0]?.attempts === 2)
    const [held] = await t.rows()
    slow.reject(new PermanentFailure('too late to say'))
    await firstRun
    expect(await t.rows()).toEqual(held ? [held] : [])
    second.resolve()
    await secondRun
    expect(await t.rows()).toEqual([])
  })

  test('ends an attempt that takes too long, and tells its handler', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder(never)
    await note(t)
    await t.worker({ handlers, attemptMilliseconds: 20 }).runOnce()
    expect(deliveries[0]?.signal.aborted).toBe(true)
    expect(await t.rows()).toMatchObject([{ status: 'pending', lastError: 'Not delivered within 0.02 s.' }])
  })

  test('one that hangs does not hold up those behind it', async () => {
    await using t = await testOutbox({ dialect })
    const hanging = Promise.withResolvers<void>()
    const { deliveries, handlers } = recorder(({ payload }) =>
      JSON.stringify(payload) === '0' ? hanging.promise : Promise.resolve(),
    )
    const worker = t.worker({ handlers })
    for (let n = 0; n < 12; n++) await note(t, n)
    const run = worker.runOnce()
    await until(() => deliveries.length === 12)
    await note(t, 12) // also one that comes while it hangs
    worker.wake()
    await until(() => deliveries.length === 13)
    hanging.resolve()
    await run
    expect(await t.rows()).toEqual([])
  })

  test('runs five at a time at most', async () => {
    await using t = await testOutbox({ dialect })
    let running = 0
    let most = 0
    const { handlers } = recorder(async () => {
      most = Math.max(most, ++running)
      await Bun.sleep(2)
      running--
    })
    for (let n = 0; n < 20; n++) await note(t)
    await t.worker({ handlers }).runOnce()
    expect(most).toBe(5)
  })

  test('a started worker delivers at the commit, long before its next poll', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder()
    t.worker({ handlers }).start()
    await note(t)
    await until(() => deliveries.length === 1)
    await note(t)
    await until(() => deliveries.length === 2)
  })

  test('stopping waits for what is under way and begins nothing more', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder(() => Bun.sleep(30))
    const worker = t.worker({ handlers, drainMilliseconds: 5_000 })
    worker.start()
    await note(t)
    await until(() => deliveries.length === 1)
    const stopped = worker.stop()
    await note(t)
    await stopped
    expect(deliveries).toHaveLength(1)
    expect(await t.rows()).toMatchObject([{ status: 'pending', attempts: 0, leaseId: null }])
  })

  test('a message claimed while the worker stops is given back untouched', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder()
    const stopped = Promise.withResolvers<void>()
    const worker = t.worker({
      handlers,
      drainMilliseconds: 5_000,
      async write(origin, body, options) {
        const claimed = await t.units.write(origin, body, options)
        if (stopping === undefined) {
          stopping = worker.stop()
          stopped.resolve()
        }
        return claimed
      },
    })
    let stopping: Promise<void> | undefined
    await note(t)
    worker.wake()
    await stopped.promise
    await stopping
    expect(deliveries).toEqual([])
    expect(await t.rows()).toMatchObject([
      { status: 'pending', attempts: 0, leaseId: null, nextAttemptAt: t.clock.now() },
    ])
  })

  test('stopping does not wait for ever', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder(never)
    const worker = t.worker({ handlers, drainMilliseconds: 20 })
    worker.start()
    await note(t)
    await until(() => deliveries.length === 1)
    await worker.stop()
    expect(await t.rows()).toMatchObject([{ status: 'pending', attempts: 1 }])
  })

  test('a database that is away for a moment costs a delay and no message', async () => {
    await using t = await testOutbox({ dialect })
    const { deliveries, handlers } = recorder()
    let isAway = true
    const worker = t.worker({
      handlers,
      read: (origin, body) =>
        isAway ? Promise.reject(new Error('the database is away')) : t.units.read(origin, body),
    })
    await note(t)
    await worker.runOnce()
    expect(deliveries).toEqual([])
    expect(t.lines.map(({ event }) => event)).toContain('outbox.claim_failed')
    isAway = false
    await worker.runOnce()
    expect(deliveries).toHaveLength(1)
  })

  test('counts deliveries by outcome, and what is left by status', async () => {
    await using t = await testOutbox({ dialect })
    const outcomes = [new PermanentFailure('gone'), new Error('away'), undefined]
    const { handlers } = recorder(async ({ payload }) => {
      const failure = outcomes[Number(payload)]
      if (failure) throw failure
    })
    for (const n of outcomes.keys()) await note(t, n)
    await t.worker({ handlers }).runOnce()
    const text = await t.metrics.registry.metrics()
    for (const outcome of ['delivered', 'retry', 'dead']) {
      expect(text).toContain(`authy2_outbox_deliveries_total{kind="note.test",outcome="${outcome}"} 1`)
    }
    expect(text).toContain('authy2_outbox_messages{status="pending"} 1')
    expect(text).toContain('authy2_outbox_messages{status="dead"} 1')
  })

  test('logs why a delivery failed, and nothing of what it carried', async () => {
    await using t = await testOutbox({ dialect })
    const { handlers } = recorder(() => Promise.reject(new Error('554 link a2v_abc123 of bob@example.com')))
    await note(t, { token: 'a2v_abc123' })
    await t.worker({ handlers }).runOnce()
    const said = JSON.stringify(t.lines)
    expect(said).toContain('554 link')
    expect(said).not.toContain('abc123')
    expect(said).not.toContain('bob@example.com')
  })
})
