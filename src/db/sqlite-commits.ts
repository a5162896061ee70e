/** `WalIndexHdr` (https://sqlite.org/walformat.html §2.1): its size, and where its fields stand in 32-bit words. */
const HEADER_BYTES = 48
const CHANGE_COUNTER = 2
const LAST_FRAME = 4
const FRAME_CHECKSUM = 6
const MAX_ATTEMPTS = 100

/**
 * Makes what tells whether nobody has committed to a database in WAL mode since it was last asked; false at first.
 *
 * Every commit, of any connection in any process, writes the header of the log's index, which lies in memory that
 * all of them share: by that SQLite itself finds out whether its cached pages still count. Looking there costs no
 * system call; `PRAGMA data_version` says the same for two locks. Where the file cannot be mapped, nothing is ever
 * said to be unchanged.
 */
export function watchCommits(path: string): () => boolean {
  let header: Uint32Array | undefined
  let attempts = 0
  let counter = -1
  let frame = -1
  let checksum = -1
  return () => {
    // The first reader of a fresh database makes the file.
    if (!header && attempts++ < MAX_ATTEMPTS) header = mapHeader(`${path}-shm`)
    if (!header) return false
    const {
      [CHANGE_COUNTER]: counterNow = 0,
      [LAST_FRAME]: frameNow = 0,
      [FRAME_CHECKSUM]: checksumNow = 0,
    } = header
    if (counter === counterNow && frame === frameNow && checksum === checksumNow) return true
    counter = counterNow
    frame = frameNow
    checksum = checksumNow
    return false
  }
}

function mapHeader(path: string): Uint32Array | undefined {
  try {
    const bytes = Bun.mmap(path, { shared: true })
    if (bytes.length < HEADER_BYTES) return undefined
    return new Uint32Array(bytes.buffer, bytes.byteOffset, HEADER_BYTES / Uint32Array.BYTES_PER_ELEMENT)
  } catch {
    return undefined
  }
}
