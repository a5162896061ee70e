import type { Database as SqliteFile } from 'bun:sqlite'
import { monotonicMilliseconds, unavailable } from '../kernel/index.ts'
import { isBusy, storageError } from './errors.ts'

interface Job {
  readonly body: () => Promise<unknown>
  settle(outcome: Outcome): void
}
type Failure = { readonly error: unknown }
type Outcome = { readonly value: unknown } | Failure

const MAX_WAITING = 10_000
const MAX_GROUP = 64
const QUIET_TURNS = 2
const MAX_TURNS = 12
const BUSY_RETRY_MILLISECONDS = 1
const LIMITS = {
  /** How long a group takes in more before it commits, and so keeps the event loop. */
  groupMilliseconds: 5,
  /** How long another process may hold the file. */
  busyMilliseconds: 5_000,
}

/**
 * The one writer of a SQLite file. Transactions that wait together run one after the other under one `BEGIN
 * IMMEDIATE … COMMIT`: one disk flush pays for all of them. None is answered, with success or failure, before that
 * commit is on the disk; one that throws rolls back alone. `flush` is given where COMMIT itself leaves that to others:
 * then the next group is worked on while the disk is.
 */
export function createGroupCommit(file: SqliteFile, limits = LIMITS, flush?: () => Promise<void>) {
  const waiting: Job[] = []
  const committed: Group[] = []
  let running: Promise<void> | undefined
  let isOpen = false
  let flushing: Promise<void> | undefined
  let failure: Failure | undefined

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      await untilNoMoreCome(waiting)
      isOpen = true
      const group = failure ? untried(waiting.splice(0), failure) : await runGroup(file, waiting, limits)
      isOpen = isInTransaction(file) // for ever, where it could not be undone
      // What has changed nothing may still have seen what is not on the disk yet.
      if (flush && (group.isChanged || flushing)) {
        committed.push(group)
        flushing ??= flushAll(flush)
      } else settle(group)
    }
    running = undefined
  }

  /** One flush is for all that was committed before it began. */
  async function flushAll(flush: () => Promise<void>): Promise<void> {
    while (committed.length > 0) {
      const groups = committed.splice(0)
      failure ??= await failureOf(flush)
      groups.forEach(settle)
    }
    flushing = undefined
  }

  function settle({ outcomes }: Group): void {
    for (const [job, outcome] of outcomes) job.settle(failure ?? outcome)
  }

  return {
    run<T>(body: () => Promise<T>): Promise<T> {
      if (failure) return Promise.reject(failure.error)
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
    /** Whether a transaction may be open: what is read on its connection sees what nobody has committed. */
    isOpen: () => isOpen,
    /**
     * Throws when a flush has failed. What was committed before it is in doubt, and stays so: the system says once
     * that it could not write, and then forgets what it could not. Nothing is written any more.
     */
    requireIntact(): void {
      if (failure) throw failure.error
    },
    async drain(): Promise<void> {
      await running
      await flushing
    },
  }
}

/**
 * Those that come within a few turns of the event loop go together: the more do, the less each costs, and a turn that
 * brings nothing takes microseconds. And because SQLite works on this thread, timers and sockets would not get theirs
 * while writes keep coming.
 */
async function untilNoMoreCome(waiting: readonly Job[]): Promise<void> {
  let before = 0
  let quietTurns = 0
  for (let turn = 0; turn < MAX_TURNS && quietTurns < QUIET_TURNS && waiting.length < MAX_GROUP; turn++) {
    quietTurns = waiting.length > before ? 0 : quietTurns + 1
    before = waiting.length
    await nextTurn()
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Takes jobs off the queue, runs and commits them, and returns what became of each. Never rejects. */
async function runGroup(file: SqliteFile, waiting: Job[], limits: typeof LIMITS): Promise<Group> {
  const outcomes = new Map<Job, Outcome>()
  try {
    await beginImmediate(file, limits.busyMilliseconds)
    const changesBefore = totalChanges(file)
    const start = monotonicMilliseconds()
    do {
      const job = waiting.shift()
      if (!job) break
      const changes = totalChanges(file)
      const outcome = await runNext(file, job, outcomes)
      if ('error' in outcome && totalChanges(file) !== changes) {
        rollback(file)
        if (outcomes.size === 1) return { outcomes, isChanged: false }
        return { outcomes: await runApart(file, [...outcomes.keys()], limits), isChanged: true }
      }
    } while (outcomes.size < MAX_GROUP && monotonicMilliseconds() - start < limits.groupMilliseconds)
    file.query('COMMIT').run()
    return { outcomes, isChanged: totalChanges(file) !== changesBefore }
  } catch (error) {
    const failed = outcomes.size > 0 ? [...outcomes.keys()] : waiting.splice(0, MAX_GROUP)
    return { outcomes: failTogether(file, failed, error), isChanged: false }
  }
}

type Outcomes = ReadonlyMap<Job, Outcome>

interface Group {
  readonly outcomes: Outcomes
  /** Whether there may be something to flush. */
  readonly isChanged: boolean
}

/**
 * Runs jobs again of which one has failed after it changed something, each in a savepoint to which that one goes
 * back. Not done at once for all: a savepoint keeps a copy of every page that changes in it, which costs as much as
 * the change, and hardly any transaction fails that late.
 */
async function runApart(file: SqliteFile, jobs: readonly Job[], limits: typeof LIMITS): Promise<Outcomes> {
  const outcomes = new Map<Job, Outcome>()
  try {
    await beginImmediate(file, limits.busyMilliseconds)
    for (const job of jobs) {
      file.query('SAVEPOINT job').run()
      const outcome = await runNext(file, job, outcomes)
      if ('error' in outcome) file.query('ROLLBACK TO job').run()
      file.query('RELEASE job').run()
    }
    file.query('COMMIT').run()
    return outcomes
  } catch (error) {
    return failTogether(file, jobs, error)
  }
}

/** Runs one job of a group and notes what became of it. Throws when SQLite has given up the whole transaction. */
async function runNext(file: SqliteFile, job: Job, outcomes: Map<Job, Outcome>): Promise<Outcome> {
  outcomes.set(job, NOT_FINISHED)
  const outcome = await runOne(job)
  outcomes.set(job, outcome)
  if (!file.inTransaction) throw lostTransaction(outcome)
  return outcome
}

async function failureOf(flush: () => Promise<void>): Promise<Failure | undefined> {
  try {
    await flush()
    return undefined
  } catch (error) {
    return { error }
  }
}

const NOT_FINISHED: Outcome = { error: new Error('The transaction did not finish') }

async function runOne(job: Job): Promise<Outcome> {
  try {
    return { value: await job.body() }
  } catch (error) {
    return { error: storageError(error) }
  }
}

/** How many rows this connection has changed so far. */
const totalChanges = (file: SqliteFile): unknown => file.query('select total_changes()').values()[0]?.[0]

function failTogether(file: SqliteFile, jobs: readonly Job[], error: unknown): Outcomes {
  rollback(file)
  return untried(jobs, { error: storageError(error) }).outcomes
}

const untried = (jobs: readonly Job[], failure: Failure): Group => ({
  outcomes: new Map(jobs.map((job) => [job, failure])),
  isChanged: false,
})

/** SQLite gave the whole group up inside one job (a full disk does that): all of it is undone, and that job's error says why. */
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

function isInTransaction(file: SqliteFile): boolean {
  try {
    return file.inTransaction
  } catch {
    return false // it is closed
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
