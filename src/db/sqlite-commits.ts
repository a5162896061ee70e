import { closeSync, openSync, readSync, realpathSync } from 'node:fs'

/** `WalIndexHdr` (https://sqlite.org/walformat.html §2.1): its size, and where its fields stand in 32-bit words. */
const HEADER_BYTES = 48
const CHANGE_COUNTER = 2
const LAST_FRAME = 4
const FRAME_CHECKSUM = 6
const MAX_ATTEMPTS = 100

export interface CommitWatch {
  /** Whether nobody has committed since this was last asked; false at first. */
  isUnchanged(): boolean
  /** After every connection of this process to the database is closed. */
  close(): void
}

/**
 * Tells whether anybody has committed to a database in WAL mode, in this process or another. Every commit writes
 * the header of the log's index: by that SQLite itself finds out whether its cached pages still count. Reading it
 * is one system call; `PRAGMA data_version` says the same for two locks. Where it cannot be read, nothing is ever
 * said to be unchanged.
 */
export function watchCommits(path: string): CommitWatch {
  const bytes = new Uint8Array(HEADER_BYTES)
  const header = new Uint32Array(bytes.buffer)
  let descriptor: number | undefined
  let file = ''
  let attempts = 0
  let counter = -1
  let frame = -1
  let checksum = -1

  const open = () => {
    try {
      file = `${realpathSync(path)}-shm` // SQLite puts it beside the file itself, wherever links lead to it from
      descriptor = share(file)
    } catch {
      // Nobody has made it yet, or it is not for us: then nothing is remembered.
    }
  }
  /** The first reader of a fresh database makes the file. */
  const readHeader = (): boolean => {
    if (descriptor === undefined && attempts++ < MAX_ATTEMPTS) open()
    return descriptor !== undefined && readSync(descriptor, bytes, 0, HEADER_BYTES, 0) === HEADER_BYTES
  }
  return {
    isUnchanged() {
      if (!readHeader()) return false
      const { [CHANGE_COUNTER]: newCounter = 0, [LAST_FRAME]: newFrame = 0 } = header
      const newChecksum = header[FRAME_CHECKSUM] ?? 0
      if (counter === newCounter && frame === newFrame && checksum === newChecksum) return true
      counter = newCounter
      frame = newFrame
      checksum = newChecksum
      return false
    },
    close() {
      if (descriptor !== undefined) unshare(file)
      descriptor = undefined
      attempts = MAX_ATTEMPTS
    },
  }
}

/**
 * One descriptor for each file of this process, closed with its last user and never before: to close any descriptor
 * of a file drops every lock that the process holds on it (POSIX `fcntl`), and SQLite's are on this file. Without
 * them the next process would take itself for the first, and begin the index anew under our feet.
 */
const shared = new Map<string, { readonly descriptor: number; users: number }>()

function share(file: string): number {
  const known = shared.get(file)
  if (known) {
    known.users++
    return known.descriptor
  }
  const descriptor = openSync(file, 'r')
  shared.set(file, { descriptor, users: 1 })
  return descriptor
}

function unshare(file: string): void {
  const known = shared.get(file)
  if (!known || --known.users > 0) return
  shared.delete(file)
  closeSync(known.descriptor)
}
