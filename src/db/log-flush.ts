import { closeSync, fdatasync, openSync, realpathSync } from 'node:fs'
import { isPoolOccupied, unavailable } from '../kernel/index.ts'
import { createFlushThread } from './flush-thread.ts'

export interface LogFlush {
  /** Resolves when all that was committed before is on the disk. Throws SERVICE_UNAVAILABLE when it may not be. */
  flush(): Promise<void>
  /** After the last `flush` has settled. */
  close(): void
}

/**
 * Puts SQLite's log on the disk as `synchronous = FULL` does, but beside the event loop: within COMMIT every other
 * request waits while the disk works, which on a slow or busy one is most of the time. Where that would be behind
 * passwords that are hashed in the runtime's threads, it has a thread of its own.
 *
 * The log of a database in WAL mode is one file for as long as anybody has it open, and what is in it counts after a
 * crash up to the first frame that is not whole; so to flush it is to keep every commit before. SQLite itself flushes
 * it before anything goes from there into the database.
 */
export function createLogFlush(path: string): LogFlush {
  let descriptor: number | undefined
  return {
    async flush() {
      try {
        // There since the first commit. SQLite puts it beside the file itself, wherever links lead to it from.
        descriptor ??= openSync(`${realpathSync(path)}-wal`, 'r+')
        await (isPoolOccupied() ? thread.flush(descriptor) : toDisk(descriptor))
      } catch (error) {
        throw unavailable('The database cannot be written to the disk. Start the server anew.', 5, error)
      }
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor)
      descriptor = undefined
    },
  }
}

/** One for the process. */
const thread = createFlushThread()

const toDisk = (descriptor: number): Promise<void> =>
  new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => (error ? reject(error) : resolve()))
  })
