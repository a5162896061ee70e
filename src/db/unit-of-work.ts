import type { Config } from '../config/index.ts'
import type { Actor, Clock, Keyring, Log, RandomSource, RequestInfo } from '../kernel/index.ts'
import type { Database, TransactionOptions } from './database.ts'
import { storageError } from './errors.ts'
import type { Reader, Tx } from './handle.ts'

/** On whose behalf a unit of work runs. */
export interface Origin {
  readonly actor: Actor
  readonly request?: RequestInfo | undefined
  readonly log: Log
}

/** One unit of work that only reads. `now` is one instant for all of it, so rows, claims and audit agree. */
export interface ReadCtx extends Origin {
  readonly now: Date
  readonly random: RandomSource
  readonly config: Config
  readonly keyring: Keyring
  readonly reader: Reader
}

/** One unit of work that changes something. Its `reader` sees its own changes. */
export interface WriteCtx extends ReadCtx {
  readonly tx: Tx
  /** A new UUIDv7 at `now`. */
  newId(): string
  /** Runs after the commit, never when it fails: for waking a worker, not for anything that must happen. */
  afterCommit(notify: () => void): void
}

export interface UnitsOfWork {
  read<T>(origin: Origin, body: (ctx: ReadCtx) => Promise<T>): Promise<T>
  write<T>(origin: Origin, body: (ctx: WriteCtx) => Promise<T>, options?: TransactionOptions): Promise<T>
}

export function createUnitsOfWork(deps: {
  database: Database
  clock: Clock
  random: RandomSource
  config: Config
  keyring: Keyring
}): UnitsOfWork {
  const { database, clock, random, config, keyring } = deps
  return {
    async read({ actor, request, log }, body) {
      try {
        return await body({
          actor,
          request,
          log,
          now: clock.now(),
          random,
          config,
          keyring,
          reader: database.reader,
        })
      } catch (error) {
        throw storageError(error)
      }
    },
    async write({ actor, request, log }, body, options) {
      let notifications: (() => void)[] = []
      const value = await database.transaction((tx) => {
        notifications = [] // of the attempt that commits only
        const now = clock.now()
        return body({
          actor,
          request,
          log,
          now,
          random,
          config,
          keyring,
          reader: tx,
          tx,
          newId: () => random.uuid(now),
          afterCommit: (notify) => notifications.push(notify),
        })
      }, options)
      for (const notify of notifications) runNotification(notify, log)
      return value
    },
  }
}

/** What is committed stays committed: a notification that throws is a bug, and not the caller's failure. */
function runNotification(notify: () => void, log: Log): void {
  try {
    notify()
  } catch (error) {
    log.error('after_commit.failed', { err: error })
  }
}
