import type { Row } from '../../src/db/index.ts'
import type { Job } from '../../src/jobs/job.ts'
import { createJobRunner, type JobRunnerDeps, type JobTimings } from '../../src/jobs/runner.ts'
import type { Log } from '../../src/kernel/index.ts'
import type { TestDialect } from '../support/databases.ts'
import { testServer } from '../support/server.ts'

/** Minutes past the hour in which nothing happens by itself: renewals and polls are told to come. */
const STILL: Partial<JobTimings> = { renewMilliseconds: 3_600_000, drainMilliseconds: 100 }

export interface LogLine {
  readonly event: string
  readonly fields: Record<string, unknown>
}

/** A server's database and clock, with runners over it as other processes have them. */
export async function testJobs(dialect: TestDialect) {
  const server = await testServer({ dialect, now: '2030-01-01T12:00:00Z' })
  const lines: LogLine[] = []
  const runners: ReturnType<typeof createJobRunner>[] = []
  return {
    ...server,
    lines,
    runner(jobs: readonly Job[], timings: Partial<JobTimings> = {}, deps: Partial<JobRunnerDeps> = {}) {
      const given = { ...server.deps, log: recordingLog(lines), ...deps }
      const made = createJobRunner(given, jobs, { ...STILL, ...timings })
      runners.push(made)
      return made
    },
    rows: () => server.read(async ({ reader }) => reader.select().from(reader.t.job)),
    async row(name = 'note'): Promise<Row<'job'>> {
      const [row] = (await this.rows()).filter((candidate) => candidate.name === name)
      if (!row) throw new Error(`The job ${name} has no row`)
      return row
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(runners.map((made) => made.stop()))
      await server[Symbol.asyncDispose]()
    },
  }
}

export type TestJobs = Awaited<ReturnType<typeof testJobs>>

/** A job that counts its runs, and does as told; every ten minutes. */
export function job(run: Job['run'] = async () => ({}), more: Partial<Job> = {}) {
  const made = {
    name: 'note',
    schedule: '*/10 * * * *',
    description: 'For tests.',
    runs: 0,
    ...more,
    run(...given: Parameters<Job['run']>) {
      made.runs++
      return run(...given)
    },
  }
  return made
}

export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error('It did not happen within fifteen seconds')
    await Bun.sleep(5)
  }
}

function recordingLog(lines: LogLine[]): Log {
  const note = (event: string, fields: Record<string, unknown> = {}) => void lines.push({ event, fields })
  return { debug: note, info: note, warn: note, error: note }
}
