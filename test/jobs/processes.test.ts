import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { JOB_TIMINGS } from '../../src/jobs/runner.ts'
import { SYSTEM, silentLog, systemClock } from '../../src/kernel/index.ts'
import { type TestDialect, testDialects } from '../support/databases.ts'
import { job, until } from './fixture.ts'
import { realRunner } from './real-runner.ts'

const PROGRAM = join(import.meta.dir, 'job-process.ts')

/** Another process in the middle of a job, and a runner in this one that would take it over. */
async function besideAnotherProcess(dialect: TestDialect, leaseSeconds: number) {
  await using opening = new AsyncDisposableStack()
  const { url } = opening.use(await dialect.open())
  const note = job()
  const { runner, units } = opening.use(realRunner(url, note, { leaseSeconds }))
  const origin = { actor: SYSTEM, log: silentLog }
  await units.write(origin, async ({ tx, now }) => {
    await tx.insert(tx.t.job).values({ name: note.name, nextRunAt: now, failures: 0 })
  })
  const child = Bun.spawn([process.execPath, PROGRAM, url, String(leaseSeconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  opening.defer(async () => {
    child.kill('SIGKILL')
    await child.exited
  })
  const reader = child.stdout.getReader()
  const { value } = await reader.read()
  expect(new TextDecoder().decode(value)).toBe('began\n')
  runner.start()
  const opened = opening.move()
  return {
    child,
    note,
    row: () => units.read(origin, async ({ reader }) => (await reader.select().from(reader.t.job))[0]),
    countFacts: () => units.read(origin, ({ reader }) => reader.$count(reader.t.instanceFact)),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

describe.each(testDialects)('another process that runs a job on $name', (dialect) => {
  test('keeps it while it lives; killed in the middle of it, it loses it with its lease', async () => {
    const leaseSeconds = 3
    await using beside = await besideAnotherProcess(dialect, leaseSeconds)
    const { child, note } = beside
    await Bun.sleep(leaseSeconds * 1_250)
    expect(note.runs).toBe(0)
    child.kill('SIGKILL')
    await child.exited
    const written = await beside.countFacts()
    expect(written).toBeGreaterThan(0)
    const killedAt = systemClock.now().getTime()
    await until(() => note.runs === 1)
    const seconds = (systemClock.now().getTime() - killedAt) / 1000
    expect(seconds).toBeLessThan(leaseSeconds + 2)
    await until(async () => (await beside.row())?.lastOutcome === 'success')
    expect(await beside.countFacts()).toBe(written)
  }, 60_000)

  test('told to stop hands it over at once, long before its lease ends', async () => {
    await using beside = await besideAnotherProcess(dialect, 600)
    const { child, note } = beside
    expect(note.runs).toBe(0)
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
    expect(await beside.row()).not.toMatchObject({ lastOutcome: 'failure' })
    await until(() => note.runs === 1)
    await until(async () => (await beside.row())?.lastOutcome === 'success')
    expect(await beside.row()).toMatchObject({ failures: 0 })
  }, 60_000)
})

test('in a server the job of a killed process runs again within a minute', () => {
  const { leaseSeconds, renewMilliseconds, pollMilliseconds, restMilliseconds } = JOB_TIMINGS
  expect(leaseSeconds * 1000 + pollMilliseconds).toBeLessThan(60_000)
  expect(renewMilliseconds).toBeLessThan((leaseSeconds * 1000) / 2) // one renewal may fail
  expect(restMilliseconds).toBeGreaterThanOrEqual(1_000) // nothing looks more often than once a second
})
