import type { Database as SqliteFile } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGroupCommit } from '../../src/db/group-commit.ts'
import { migrate, openDatabase, storageError } from '../../src/db/index.ts'
import { openWriter } from '../../src/db/sqlite-connection.ts'
import { systemRandom } from '../../src/kernel/index.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { factNames, insertFact, writeFact } from './facts.ts'
import { runStorageProcess, startStorageProcess } from './processes.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const UNAVAILABLE = { type: 'SERVICE_UNAVAILABLE' }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'authy2-outage-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a SQLite file that cannot be opened is reported as unavailable', () => {
  const open = (path: string) => () => openDatabase({ kind: 'sqlite', path }, systemRandom)

  test('because it is a directory', () => {
    mkdirSync(join(folder, 'authy2.db'))
    expect(open(join(folder, 'authy2.db'))).toThrow(expect.objectContaining(UNAVAILABLE))
  })

  test('because its folder is a file', () => {
    writeFileSync(join(folder, 'data'), '')
    expect(open(join(folder, 'data', 'authy2.db'))).toThrow(expect.objectContaining(UNAVAILABLE))
  })

  test('because it is no database', () => {
    writeFileSync(join(folder, 'authy2.db'), 'not a database, '.repeat(100))
    expect(open(join(folder, 'authy2.db'))).toThrow(expect.objectContaining(UNAVAILABLE))
  })

  test('because it may only be read', async () => {
    const path = join(folder, 'authy2.db')
    openWriter(path).close()
    chmodSync(path, 0o444)
    chmodSync(folder, 0o555)
    expect(await runStorageProcess(['open', `sqlite:${path}`], asNobody())).toEqual(['SERVICE_UNAVAILABLE'])
    chmodSync(folder, 0o755)
  })

  test('and not for whoever owns it', async () => {
    const path = join(folder, 'authy2.db')
    openWriter(path).close()
    const [, , uid] = asNobody() // of the launcher: `setpriv --reuid UID`
    if (uid !== undefined) for (const owned of [folder, path]) chownSync(owned, Number(uid), Number(uid))
    expect(await runStorageProcess(['open', `sqlite:${path}`], asNobody())).toEqual(['opened'])
  })
})

describe('a SQLite disk', () => {
  let writer: SqliteFile
  let commits: ReturnType<typeof createGroupCommit>
  beforeEach(() => {
    writer = openWriter(join(folder, 'test.db'))
    writer.run('create table items (id integer primary key, data blob)')
    commits = createGroupCommit(writer)
  })
  afterEach(() => writer.close())

  const insertPages = (id: number, pages: number) =>
    writer.run('insert into items values (?, zeroblob(?))', [id, pages * 4096])
  const stored = () =>
    writer
      .query<{ id: number }, []>('select id from items')
      .all()
      .map(({ id }) => id)

  test('that is full fails a transaction as a whole; when there is room again the next one works', async () => {
    writer.run('PRAGMA max_page_count = 20')
    const full = commits.run(async () => {
      insertPages(1, 1)
      insertPages(2, 100)
    })
    await expect(full).rejects.toMatchObject({ ...UNAVAILABLE, cause: { code: 'SQLITE_FULL' } })
    expect(stored()).toEqual([])
    await commits.run(async () => void insertPages(3, 1))
    writer.run('PRAGMA max_page_count = 1000')
    await commits.run(async () => void insertPages(4, 100))
    expect(stored()).toEqual([3, 4])
  })

  test('that fills up keeps exactly what it answered with success', async () => {
    writer.run('PRAGMA max_page_count = 40')
    const ids = Array.from({ length: 300 }, (_, id) => id)
    const results = await Promise.allSettled(
      ids.map((id) => commits.run(async () => void insertPages(id, 1))),
    )
    expect(stored()).toEqual(ids.filter((id) => results[id]?.status === 'fulfilled'))
    const reasons = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
    expect(reasons.length).toBeGreaterThan(200)
    for (const reason of reasons) expect(reason).toMatchObject(UNAVAILABLE)
  })

  test('that turns read-only fails writes; when it is writable again the next one works', async () => {
    writer.run('PRAGMA query_only = ON')
    const refused = commits.run(async () => void insertPages(1, 1))
    await expect(refused).rejects.toMatchObject({ ...UNAVAILABLE, cause: { code: 'SQLITE_READONLY' } })
    writer.run('PRAGMA query_only = OFF')
    await commits.run(async () => void insertPages(2, 1))
    expect(stored()).toEqual([2])
  })
})

test.skipIf(Bun.which('prlimit') === null)(
  'a server whose files may not grow answers 503, keeps what it answered, and goes on when they may',
  async () => {
    const path = join(folder, 'authy2.db')
    const database = openDatabase({ kind: 'sqlite', path }, systemRandom)
    await migrate(database, NOW)
    const limited = `trap '' XFSZ; ulimit -S -f 4096; exec "$@"` // 2 MiB, or 4 where a block is 1 KiB
    await using child = startStorageProcess(['write-big', `sqlite:${path}`], ['sh', '-c', limited, 'sh'])
    const answered: string[] = []
    let refused = 0
    let afterwards = 0
    for await (const line of child.lines()) {
      if (!/^\d+$/.test(line)) {
        expect(line).toBe('SERVICE_UNAVAILABLE')
        if (++refused === 3) await allowToGrow(child.pid)
        continue
      }
      answered.push(line)
      if (refused >= 3 && ++afterwards === 10) break
    }
    await child.kill()
    expect(refused).toBeGreaterThanOrEqual(3)
    const stored = new Set(await factNames(database.reader))
    expect(answered.filter((name) => !stored.has(name))).toEqual([])
    await database.close()
  },
)

describe.skipIf(findPostgres() === undefined)('a PostgreSQL that is stopped', () => {
  test('fails reads, writes and pings as unavailable, soon; when it is back they work', async () => {
    await using server = await startPostgres()
    const database = openDatabase({ kind: 'postgres', url: server.url, poolSize: 3 }, systemRandom)
    await migrate(database, NOW)
    await writeFact(database, 'before')

    const begun = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    const interrupted = database.transaction(async (tx) => {
      await insertFact(tx, 'interrupted')
      begun.resolve()
      await stopped.promise
      await insertFact(tx, 'interrupted-too')
    })
    const interruption = interrupted.catch((error: unknown) => error)
    await begun.promise
    await server.stop()
    stopped.resolve()
    expect(await interruption).toMatchObject(UNAVAILABLE)

    const start = performance.now()
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        await expect(writeFact(database, 'meanwhile')).rejects.toMatchObject(UNAVAILABLE)
        await expect(database.ping()).rejects.toMatchObject(UNAVAILABLE)
        const read = factNames(database.reader).catch((error) => Promise.reject(storageError(error)))
        await expect(read).rejects.toMatchObject(UNAVAILABLE)
      }),
    )
    expect(performance.now() - start).toBeLessThan(6_000)

    await server.start()
    await writeFact(database, 'after')
    expect(await factNames(database.reader)).toEqual(['after', 'before'])
    await database.close()
  }, 60_000)
})

/** The launcher of a process that the permissions of files hold for: root may write anywhere. */
function asNobody(): readonly string[] {
  return process.getuid?.() === 0
    ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--']
    : []
}

async function allowToGrow(pid: number): Promise<void> {
  await Bun.spawn(['prlimit', '--pid', String(pid), '--fsize=unlimited']).exited
}
