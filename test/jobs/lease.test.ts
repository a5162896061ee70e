import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import type { JobDeps } from '../../src/jobs/job.ts'
import { claimJob, noteFailure, noteSuccess, renewLease } from '../../src/jobs/lease.ts'
import { SYSTEM, silentLog } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { job, type TestJobs, testJobs, until } from './fixture.ts'

const LEASE_SECONDS = 50
const ORIGIN = { actor: SYSTEM, log: silentLog }

const claim = async (t: TestJobs, note: ReturnType<typeof job>) => {
  const found = await t.row(note.name)
  return t.write((ctx) => claimJob(ctx, note, { found, leaseSeconds: LEASE_SECONDS }))
}

/** A job that is due. */
async function due(t: TestJobs, note = job()) {
  await t.runner([note]).runDue()
  t.clock.set('2030-01-01T12:10:00Z')
  return note
}

/** A run that goes on until the gate is opened, and what it was given. */
function held() {
  const gate = Promise.withResolvers<Record<string, number>>()
  const begun = Promise.withResolvers<{ readonly deps: JobDeps; readonly signal: AbortSignal }>()
  const note = job((deps, { signal }) => {
    begun.resolve({ deps, signal })
    return gate.promise
  })
  return { note, gate, begun: begun.promise }
}

const writeFact = (deps: JobDeps, name: string) =>
  deps.write(ORIGIN, async ({ tx, now }) => {
    await tx.insert(tx.t.instanceFact).values({ name, value: 'yes', createdAt: now })
  })
const factNames = (t: TestJobs) =>
  t.read(async ({ reader }) => (await reader.select().from(reader.t.instanceFact)).map(({ name }) => name))

describe.each(testDialects)('a lease on $name', (dialect) => {
  test('goes to one of 20 who ask at once', async () => {
    await using t = await testJobs(dialect)
    const note = await due(t)
    const leases = await Promise.all(Array.from({ length: 20 }, () => claim(t, note)))
    const [winner, ...others] = leases.filter((lease) => lease !== undefined)
    expect(others).toEqual([])
    expect(await t.row()).toMatchObject({ leaseId: winner?.id, nextRunAt: new Date('2030-01-01T12:20:00Z') })
  })

  test('goes to one of 20 who find that it has run out', async () => {
    await using t = await testJobs(dialect)
    const note = await due(t)
    const first = await claim(t, note)
    t.clock.advance(LEASE_SECONDS)
    const leases = await Promise.all(Array.from({ length: 20 }, () => claim(t, note)))
    const [winner, ...others] = leases.filter((lease) => lease !== undefined)
    expect(others).toEqual([])
    expect(winner?.id).not.toBe(first?.id)
    expect(await t.row()).toMatchObject({ leaseId: winner?.id, failures: 1 })
  })

  test('of a process that was killed passes on when it runs out, and not before; that counts as a failure', async () => {
    await using t = await testJobs(dialect)
    const killed = await due(t)
    await claim(t, killed)
    const note = job()
    const runner = t.runner([note])
    t.clock.advance(LEASE_SECONDS - 0.001)
    await runner.runDue()
    expect(note.runs).toBe(0)
    t.clock.advance(0.001)
    const lease = await claim(t, note)
    expect(lease?.failures).toBe(1)
    expect(await t.row()).toMatchObject({
      failures: 1,
      lastOutcome: 'failure',
      lastError: 'The process that ran it ended before it was done.',
    })
    t.clock.advance(LEASE_SECONDS)
    await runner.runDue()
    expect(note.runs).toBe(1)
    expect(await t.row()).toMatchObject({ failures: 0, lastOutcome: 'success', leaseId: null })
  })

  test('is nobody’s who had it before: late outcomes and renewals change nothing', async () => {
    await using t = await testJobs(dialect)
    const note = await due(t)
    const first = await claim(t, note)
    t.clock.advance(LEASE_SECONDS)
    await claim(t, note)
    if (!first) throw new Error('The first claim was won')
    const before = await t.row()
    expect(await t.write((ctx) => renewLease(ctx, first, LEASE_SECONDS))).toBe(false)
    expect(await t.write((ctx) => noteSuccess(ctx, first, { late: 1 }))).toBe(false)
    expect(await t.write((ctx) => noteFailure(ctx, first, new Error('late')))).toBe(false)
    expect(await t.row()).toEqual(before)
  })

  test('is renewed for as long as the run takes', async () => {
    await using t = await testJobs(dialect)
    const { note, gate, begun } = held()
    await due(t, note)
    const run = t.runner([note], { renewMilliseconds: 5 }).runDue()
    const { signal } = await begun
    for (let minute = 0; minute < 5; minute++) {
      t.clock.advance(40)
      const end = t.clock.now().getTime() + LEASE_SECONDS * 1000
      await until(async () => (await t.row()).leasedUntil?.getTime() === end)
      expect(await claim(t, note)).toBeUndefined()
    }
    gate.resolve({})
    await run
    expect(signal.aborted).toBe(false)
    expect(await t.row()).toMatchObject({ lastOutcome: 'success', failures: 0 })
  })

  test('that a renewal finds lost ends the run, which leaves no trace', async () => {
    await using t = await testJobs(dialect)
    const { note, gate, begun } = held()
    await due(t, note)
    const run = t.runner([note], { renewMilliseconds: 5 }).runDue()
    const { signal } = await begun
    await stealLease(t)
    await until(() => signal.aborted)
    gate.resolve({ late: 1 })
    await run
    expect(await t.row()).toMatchObject({ leaseId: 'somebody-else', lastOutcome: null, lastSummary: null })
    expect(t.lines.map(({ event }) => event)).toContain('job.lost')
    const text = await t.deps.metrics.registry.metrics()
    expect(text).toContain('authy2_job_runs_total{job="note",outcome="lost"} 1')
  })

  test('that was lost lets nothing more be written, whether anybody has noticed or not', async () => {
    await using t = await testJobs(dialect)
    const { note, gate, begun } = held()
    await due(t, note)
    const run = t.runner([note]).runDue()
    const { deps, signal } = await begun
    await writeFact(deps, 'while held')
    t.clock.advance(LEASE_SECONDS)
    const successor = job()
    await t.runner([successor]).runDue()
    expect(successor.runs).toBe(1)
    expect(writeFact(deps, 'too late')).rejects.toThrow('taken over')
    await until(() => signal.aborted)
    expect(writeFact(deps, 'much too late')).rejects.toThrow('taken over')
    const after = await t.row()
    gate.reject(new Error('cut off'))
    await run
    expect(await t.row()).toEqual(after)
    expect(await factNames(t)).toEqual(['while held'])
  })

  test('is renewed by each write, and nobody takes the job over before that write is committed', async () => {
    await using t = await testJobs(dialect)
    const { note, gate, begun } = held()
    await due(t, note)
    const run = t.runner([note]).runDue()
    const { deps } = await begun
    const inWrite = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const order: string[] = []
    const found = await t.row()
    const written = deps.write(ORIGIN, async () => {
      inWrite.resolve()
      await goOn.promise
      order.push('written')
    })
    await inWrite.promise
    t.clock.advance(LEASE_SECONDS)
    const claimed = t
      .write((ctx) => claimJob(ctx, note, { found, leaseSeconds: LEASE_SECONDS }))
      .then(() => order.push('claimed'))
    await Bun.sleep(50)
    goOn.resolve()
    await Promise.all([written, claimed])
    expect(order).toEqual(['written', 'claimed'])
    gate.resolve({})
    await run
  })

  test('is let go of when the database was away for longer than it lasts', async () => {
    await using t = await testJobs(dialect)
    const { note, gate, begun } = held()
    await due(t, note)
    let isAway = false
    const runner = t.runner(
      [note],
      { renewMilliseconds: 5 },
      {
        async write(origin, body, options) {
          if (isAway) throw new Error('away')
          return t.deps.write(origin, body, options)
        },
      },
    )
    const run = runner.runDue()
    const { signal } = await begun
    isAway = true
    await until(() => t.lines.some(({ event }) => event === 'job.renewal_failed'))
    expect(signal.aborted).toBe(false) // it may be back in time
    t.clock.advance(LEASE_SECONDS)
    await until(() => signal.aborted)
    gate.resolve({})
    await run
  })

  test('stays until it runs out where the outcome cannot be written', async () => {
    await using t = await testJobs(dialect)
    const { note, gate, begun } = held()
    await due(t, note)
    let isAway = false
    const runner = t.runner(
      [note],
      {},
      {
        async write(origin, body, options) {
          if (isAway) throw new Error('away')
          return t.deps.write(origin, body, options)
        },
      },
    )
    const run = runner.runDue()
    await begun
    isAway = true
    gate.resolve({})
    await run
    expect(t.lines.map(({ event }) => event)).toContain('job.note_failed')
    isAway = false
    t.clock.advance(LEASE_SECONDS)
    await runner.runDue()
    expect(note.runs).toBe(2)
  })
})

async function stealLease(t: TestJobs): Promise<void> {
  await t.write(async ({ tx }) => {
    await tx.update(tx.t.job).set({ leaseId: 'somebody-else' }).where(eq(tx.t.job.name, 'note'))
  })
}
