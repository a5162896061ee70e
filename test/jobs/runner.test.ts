import { describe, expect, test } from 'bun:test'
import type { JobRun } from '../../src/jobs/job.ts'
import { testDialects } from '../support/databases.ts'
import { job, testJobs, until } from './fixture.ts'

describe.each(testDialects)('jobs on $name', (dialect) => {
  test('run when their schedule says so, and not before', async () => {
    await using t = await testJobs(dialect)
    const note = job()
    const runner = t.runner([note])
    await runner.runDue()
    expect((await t.row()).nextRunAt).toEqual(new Date('2030-01-01T12:10:00Z'))
    t.clock.set('2030-01-01T12:09:59.999Z')
    await runner.runDue()
    expect(note.runs).toBe(0)
    t.clock.set('2030-01-01T12:10:00Z')
    await runner.runDue()
    await runner.runDue()
    expect(note.runs).toBe(1)
  })

  test('leave behind when they ran, what they did, and when they run next', async () => {
    await using t = await testJobs(dialect)
    const runner = t.runner([
      job(async (_, { now }) => {
        t.clock.advance(3)
        return { deleted: 12, minute: now.getUTCMinutes() }
      }),
    ])
    await runner.runDue()
    t.clock.set('2030-01-01T12:10:00Z')
    await runner.runDue()
    expect(await t.row()).toEqual({
      name: 'note',
      nextRunAt: new Date('2030-01-01T12:20:00Z'),
      leaseId: null,
      leasedUntil: null,
      lastStartedAt: new Date('2030-01-01T12:10:00Z'),
      lastFinishedAt: new Date('2030-01-01T12:10:03Z'),
      lastOutcome: 'success',
      lastError: null,
      lastSummary: { deleted: 12, minute: 10 },
      failures: 0,
    })
  })

  test('that were missed while nothing ran are made up for once', async () => {
    await using t = await testJobs(dialect)
    const note = job()
    await t.runner([note]).runDue()
    t.clock.set('2030-01-04T07:03:00Z')
    const later = t.runner([note])
    await later.runDue()
    await later.runDue()
    expect(note.runs).toBe(1)
    expect((await t.row()).nextRunAt).toEqual(new Date('2030-01-04T07:10:00Z'))
  })

  test('of 20 runners at once, each run is one runner’s', async () => {
    await using t = await testJobs(dialect)
    const jobs = [job(), job(undefined, { name: 'other' })]
    const runners = Array.from({ length: 20 }, () => t.runner(jobs))
    await Promise.all(runners.map((runner) => runner.runDue())) // nor do they trip over the first rows
    expect(jobs.map(({ runs }) => runs)).toEqual([0, 0])
    for (const runs of [1, 2, 3]) {
      t.clock.advance(600)
      await Promise.all(runners.map((runner) => runner.runDue()))
      expect(jobs.map((each) => each.runs)).toEqual([runs, runs])
    }
  })

  test('do not wait for each other, nor begin a second time beside themselves', async () => {
    await using t = await testJobs(dialect)
    const gate = Promise.withResolvers<Record<string, number>>()
    const slow = job(() => gate.promise, { name: 'slow' })
    const quick = job(undefined, { name: 'quick', schedule: '* * * * *' })
    const runner = t.runner([slow, quick], { leaseSeconds: 3_600 })
    await runner.runDue()
    t.clock.set('2030-01-01T12:10:00Z')
    for (const runs of [1, 2, 3]) {
      void runner.runDue()
      await until(async () => (await t.row('quick')).lastFinishedAt?.getTime() === t.clock.now().getTime())
      expect([slow.runs, quick.runs]).toEqual([1, runs])
      t.clock.advance(600)
    }
    gate.resolve({})
    await runner.runDue()
  })

  test('that no version knows any more, or not yet, are nobody’s business', async () => {
    await using t = await testJobs(dialect)
    await t.write(async ({ tx, now }) => {
      await tx.insert(tx.t.job).values({ name: 'of-another-version', nextRunAt: now, failures: 0 })
    })
    const note = job()
    const runner = t.runner([note])
    await runner.runDue()
    t.clock.advance(600)
    await runner.runDue()
    expect(note.runs).toBe(1)
    expect(await t.row('of-another-version')).toMatchObject({ lastStartedAt: null, leaseId: null })
  })
})

describe.each(testDialects)('a job that fails on $name', (dialect) => {
  test('is tried again after 1, 2, 4 … minutes, and as planned at the latest', async () => {
    await using t = await testJobs(dialect)
    const note = job(() => Promise.reject(new Error('no luck')))
    const runner = t.runner([note])
    await runner.runDue()
    t.clock.set('2030-01-01T12:10:00Z')
    const waits: number[] = []
    for (let run = 1; run <= 6; run++) {
      await runner.runDue()
      expect(note.runs).toBe(run)
      const { nextRunAt, failures, lastOutcome } = await t.row()
      expect({ failures, lastOutcome }).toEqual({ failures: run, lastOutcome: 'failure' })
      waits.push((nextRunAt.getTime() - t.clock.now().getTime()) / 60_000)
      t.clock.set(new Date(nextRunAt.getTime() - 1))
      await runner.runDue()
      t.clock.set(nextRunAt)
    }
    expect(waits).toEqual([1, 2, 4, 3, 10, 10]) // 12:11, 12:13, 12:17, 12:20, 12:30, 12:40
  })

  test('has its failures forgotten by one success', async () => {
    await using t = await testJobs(dialect)
    let isBroken = true
    const runner = t.runner([
      job(async () => {
        if (isBroken) throw new Error('no luck')
        return { done: 1 }
      }),
    ])
    await runner.runDue()
    t.clock.advance(600)
    await runner.runDue()
    isBroken = false
    t.clock.advance(60)
    await runner.runDue()
    expect(await t.row()).toMatchObject({ failures: 0, lastOutcome: 'success', lastError: null })
  })

  test('says why, without anybody’s address or secret, and the log has the error', async () => {
    await using t = await testJobs(dialect)
    const error = new Error('refused for bob@example.com by a2s_0123456789abcdef')
    const runner = t.runner([job(() => Promise.reject(error))])
    await runner.runDue()
    t.clock.advance(600)
    await runner.runDue()
    expect((await t.row()).lastError).toBe('refused for <address> by <secret>')
    const [line] = t.lines.filter(({ event }) => event === 'job.failure')
    expect(line?.fields).toMatchObject({ job: 'note', err: error })
  })

  test('does no harm by throwing at once, or something that is no error', async () => {
    await using t = await testJobs(dialect)
    const broken = job(() => {
      throw 'a text'
    })
    const fine = job(undefined, { name: 'fine' })
    const runner = t.runner([broken, fine])
    await runner.runDue()
    t.clock.advance(600)
    await runner.runDue()
    expect(await t.row()).toMatchObject({ failures: 1, leaseId: null })
    expect(fine.runs).toBe(1)
  })
})

describe.each(testDialects)('a runner on $name', (dialect) => {
  const QUICK = { restMilliseconds: 5, pollMilliseconds: 20 }

  test('that is started looks by itself, also after the database was away', async () => {
    await using t = await testJobs(dialect)
    const note = job()
    let outages = 3
    const runner = t.runner([note], QUICK, {
      async read(origin, body) {
        if (outages-- > 0) throw new Error('away')
        return t.deps.read(origin, body)
      },
    })
    runner.start()
    await until(async () => (await t.rows()).length === 1)
    expect(t.lines.filter(({ event }) => event === 'job.look_failed')).toHaveLength(3)
    t.clock.advance(600)
    await until(() => note.runs === 1)
  })

  test('looks when it is woken, if it is started', async () => {
    await using t = await testJobs(dialect)
    const note = job()
    const runner = t.runner([note], { pollMilliseconds: 60_000, restMilliseconds: 60_000 })
    await runner.runDue()
    t.clock.advance(600)
    runner.wake()
    await Bun.sleep(30)
    expect(note.runs).toBe(0)
    runner.start()
    runner.wake()
    await until(() => note.runs === 1)
  })

  test('waits until the next run rather than the next poll, but never less than its rest', async () => {
    await using t = await testJobs(dialect)
    const note = job(undefined, { schedule: '* * * * *' })
    let looks = 0
    const runner = t.runner(
      [note],
      { restMilliseconds: 30, pollMilliseconds: 60_000 },
      {
        read(origin, body) {
          looks++
          return t.deps.read(origin, body)
        },
      },
    )
    t.clock.set('2030-01-01T12:00:59.990Z') // the next run is 10 ms away
    runner.start()
    await until(() => looks > 5)
    const before = looks
    await Bun.sleep(300)
    expect(looks - before).toBeLessThanOrEqual(11)
  })

  test('that stops tells what runs, hands it over, and begins nothing more', async () => {
    await using t = await testJobs(dialect)
    let given: JobRun | undefined
    const note = job((_, run) => {
      given = run
      return new Promise((_, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason)))
    })
    const runner = t.runner([note], { ...QUICK, drainMilliseconds: 5_000 })
    await runner.runDue()
    runner.start()
    t.clock.advance(600)
    await until(() => note.runs === 1)
    t.clock.advance(5)
    await runner.stop()
    expect(given?.signal.aborted).toBe(true)
    expect(await t.row()).toMatchObject({
      leaseId: null,
      leasedUntil: null,
      nextRunAt: t.clock.now(),
      lastOutcome: null,
      failures: 0,
    })
    await runner.runDue()
    expect(note.runs).toBe(1)
    const successor = job()
    await t.runner([successor]).runDue()
    expect(successor.runs).toBe(1)
  })

  test('that stops takes what came back early for not done', async () => {
    await using t = await testJobs(dialect)
    const note = job(async (_, { signal }) => {
      await until(() => signal.aborted)
      return { half: 1 }
    })
    const runner = t.runner([note], { drainMilliseconds: 5_000 })
    await runner.runDue()
    t.clock.advance(600)
    void runner.runDue()
    await until(() => note.runs === 1)
    await runner.stop()
    expect(await t.row()).toMatchObject({ leaseId: null, lastOutcome: null, nextRunAt: t.clock.now() })
  })

  test('that stops gives back what it claimed at that moment', async () => {
    await using t = await testJobs(dialect)
    const note = job()
    let stopping: Promise<void> | undefined
    const runner = t.runner(
      [note],
      { drainMilliseconds: 5_000 },
      {
        async write(origin, body, options) {
          const written = await t.deps.write(origin, body, options)
          if (isClaim) stopping ??= runner.stop()
          return written
        },
      },
    )
    let isClaim = false
    await runner.runDue()
    isClaim = true
    t.clock.advance(600)
    await runner.runDue()
    await stopping
    expect(note.runs).toBe(0)
    expect(await t.row()).toMatchObject({ leaseId: null, nextRunAt: t.clock.now() })
  })

  test('that stops does not wait for ever; the lease of what goes on runs out', async () => {
    await using t = await testJobs(dialect)
    const gate = Promise.withResolvers<Record<string, number>>()
    const deaf = job(() => gate.promise)
    const runner = t.runner([deaf], { drainMilliseconds: 50 })
    await runner.runDue()
    t.clock.advance(600)
    const run = runner.runDue()
    await until(() => deaf.runs === 1)
    const start = performance.now()
    await runner.stop()
    expect(performance.now() - start).toBeLessThan(1_000)
    expect((await t.row()).leaseId).not.toBeNull()
    expect(t.lines.map(({ event }) => event)).toContain('job.drain_timeout')
    gate.resolve({})
    await run
  })

  test('counts runs by outcome, their time, and how late jobs are', async () => {
    await using t = await testJobs(dialect)
    let isBroken = false
    const runner = t.runner([
      job(async () => {
        if (isBroken) throw new Error('no luck')
        return {}
      }),
    ])
    await runner.runDue()
    t.clock.set('2030-01-01T12:12:30Z')
    await runner.runDue()
    isBroken = true
    t.clock.set('2030-01-01T12:20:00Z')
    await runner.runDue()
    const text = await t.deps.metrics.registry.metrics()
    expect(text).toContain('authy2_job_runs_total{job="note",outcome="success"} 1')
    expect(text).toContain('authy2_job_runs_total{job="note",outcome="failure"} 1')
    expect(text).toContain('authy2_job_duration_seconds_count{job="note"} 2')
    expect(text).toContain('authy2_job_lag_seconds{job="note"} 0')
    t.clock.set('2030-01-01T12:23:30Z')
    await runner.runDue()
    expect(await t.deps.metrics.registry.metrics()).toContain('authy2_job_lag_seconds{job="note"} 150')
  })
})
