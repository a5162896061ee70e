import type { Database as SqliteFile } from 'bun:sqlite'
import { monotonicMilliseconds, unavailable } from '../kernel/index.ts'
import { isBusy, storageError } from './errors.ts'

interface Job {
  readonly body: () => Promise<unknown>
  settle(outcome: Outcome): void
}
type Outcome = { readonly value: unknown } | { readonly error: unknown }

const MAX_WAITING = 10_000
const MAX_GROUP = 64
const MAX_GROUP_MILLISECONDS = 5
const BUSY_RETRY_MILLISECONDS = 10
const BUSY_LIMIT_MILLISECONDS = 5_000

/**
 * The one writer of a SQLite file. Transactions that wait together run one after the other, each in a
 * savepoint of its own, under one `BEGIN IMMEDIATE … COMMIT`: one disk flush pays for all of them. None
 * is answered, with success or failure, before that commit; one that throws rolls back alone.
 */
export function createGroupCommit(file: SqliteFile) {
  const waiting: Job[] = []
  let running: Promise<void> | undefined

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const settled = await runGroup(file, waiting)
      for (const [job, outcome] of settled) job.settle(outcome)
    }
    running = undefined
  }

  return {
    run<T>(body: () => Promise<T>): Promise<T> {
      if (waiting.length >= MAX_WAITING) {
        return Promise.reject(unavailable('Too many changes are waiting to be written. Try again.'))
      }
      return new Promise<T>((resolve, reject) => {
        waiting.push({
          body,
          settle: (outcome) => ('error' in outcome ? reject(outcome.error) : resolve(outcome.value as T)),
        })
        running ??= Promise.resolve().then(work) // those of one turn of the event loop go together
      })
    },
    async drain(): Promise<void> {
      await running
    },
  }
}

/** Takes jobs off the queue, runs and commits them, and returns what became of each. Never rejects. */
async function runGroup(file: SqliteFile, waiting: Job[]): Promise<readonly (readonly [Job, Outcome])[]> {
  const settled: (readonly [Job, Outcome])[] = []
  try {
    await begin(file)
    const start = monotonicMilliseconds()
    do {
      const job = waiting.shift()
      if (!job) break
      settled.push([job, await runOne(file, job)])
      if (!file.inTransaction) throw lostTransaction(settled)
    } while (settled.length < MAX_GROUP && monotonicMilliseconds() - start < MAX_GROUP_MILLISECONDS)
    file.run('COMMIT')
    return settled
  } catch (error) {
    if (file.inTransaction) file.run('ROLLBACK')
    const failed = settled.length > 0 ? settled.map(([job]) => job) : waiting.splice(0, MAX_GROUP)
    const failure = { error: storageError(error) }
    return failed.map((job) => [job, failure] as const)
  }
}

async function runOne(file: SqliteFile, job: Job): Promise<Outcome> {
  file.run('SAVEPOINT job')
  try {
    const value = await job.body()
    file.run('RELEASE job')
    return { value }
  } catch (error) {
    // A full disk ends the whole transaction by itself; then there is no savepoint to go back to.
    if (file.inTransaction) {
      file.run('ROLLBACK TO job')
      file.run('RELEASE job')
    }
    return { error: storageError(error) }
  }
}

/** SQLite gave the whole group up inside one job: all of it is undone, and that job's error says why. */
function lostTransaction(settled: readonly (readonly [Job, Outcome])[]): unknown {
  const last = settled.at(-1)?.[1]
  return last && 'error' in last ? last.error : new Error('SQLite ended the transaction')
}

/** Another process (`authy2 seed` beside a server) may hold the file: waits without blocking the event loop. */
async function begin(file: SqliteFile): Promise<void> {
  const start = monotonicMilliseconds()
  for (;;) {
    try {
      file.run('BEGIN IMMEDIATE')
      return
    } catch (error) {
      if (!isBusy(error) || monotonicMilliseconds() - start > BUSY_LIMIT_MILLISECONDS) throw error
      await Bun.sleep(BUSY_RETRY_MILLISECONDS)
    }
  }
}
