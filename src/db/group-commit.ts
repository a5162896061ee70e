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
const BUSY_RETRY_MILLISECONDS = 1
const LIMITS = {
  /** How long a group takes in more before it commits, and so keeps the event loop. */
  groupMilliseconds: 5,
  /** How long another process may hold the file. */
  busyMilliseconds: 5_000,
}

/**
 * The one writer of a SQLite file. Transactions that wait together run one after the other, each in a
 * savepoint of its own, under one `BEGIN IMMEDIATE … COMMIT`: one disk flush pays for all of them. None
 * is answered, with success or failure, before that commit; one that throws rolls back alone.
 */
export function createGroupCommit(file: SqliteFile, limits = LIMITS) {
  const waiting: Job[] = []
  let running: Promise<void> | undefined

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      await nextTurn()
      const outcomes = await runGroup(file, waiting, limits)
      for (const [job, outcome] of outcomes) job.settle(outcome)
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
        running ??= work()
      })
    },
    async drain(): Promise<void> {
      await running
    },
  }
}

/**
 * Those of one turn of the event loop go together; and because SQLite works on this thread, timers and
 * sockets would not get theirs while writes keep coming.
 */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Takes jobs off the queue, runs and commits them, and returns what became of each. Never rejects. */
async function runGroup(
  file: SqliteFile,
  waiting: Job[],
  limits: typeof LIMITS,
): Promise<ReadonlyMap<Job, Outcome>> {
  const outcomes = new Map<Job, Outcome>()
  try {
    await beginImmediate(file, limits.busyMilliseconds)
    const start = monotonicMilliseconds()
    do {
      const job = waiting.shift()
      if (!job) break
      outcomes.set(job, NOT_FINISHED)
      outcomes.set(job, await runOne(file, job))
      if (!file.inTransaction) throw lostTransaction(outcomes.get(job))
    } while (outcomes.size < MAX_GROUP && monotonicMilliseconds() - start < limits.groupMilliseconds)
    file.query('COMMIT').run()
    return outcomes
  } catch (error) {
    rollback(file)
    const failed = outcomes.size > 0 ? [...outcomes.keys()] : waiting.splice(0, MAX_GROUP)
    const failure = { error: storageError(error) }
    return new Map(failed.map((job) => [job, failure]))
  }
}

const NOT_FINISHED: Outcome = { error: new Error('The transaction did not finish') }

async function runOne(file: SqliteFile, job: Job): Promise<Outcome> {
  file.query('SAVEPOINT job').run()
  try {
    const value = await job.body()
    file.query('RELEASE job').run()
    return { value }
  } catch (error) {
    // A full disk ends the whole transaction by itself; then there is no savepoint to go back to.
    if (file.inTransaction) {
      file.query('ROLLBACK TO job').run()
      file.query('RELEASE job').run()
    }
    return { error: storageError(error) }
  }
}

/** SQLite gave the whole group up inside one job: all of it is undone, and that job's error says why. */
function lostTransaction(outcome: Outcome | undefined): unknown {
  return outcome && 'error' in outcome ? outcome.error : new Error('SQLite ended the transaction')
}

/**
 * Begins a transaction that may write. Another process (`authy2 seed` beside a server) may hold the file:
 * waits for it without blocking the event loop, and throws SQLite's own error after the limit.
 */
export async function beginImmediate(file: SqliteFile, limitMilliseconds: number): Promise<void> {
  const start = monotonicMilliseconds()
  for (;;) {
    try {
      file.query('BEGIN IMMEDIATE').run()
      return
    } catch (error) {
      if (!isBusy(error) || monotonicMilliseconds() - start > limitMilliseconds) throw error
      await Bun.sleep(BUSY_RETRY_MILLISECONDS)
    }
  }
}

/** Undoes whatever is open. The error that led here is the one to report, not a second one of the same disk. */
export function rollback(file: SqliteFile): void {
  try {
    if (file.inTransaction) file.query('ROLLBACK').run()
  } catch {
    // The next BEGIN fails with the reason.
  }
}
