import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, openDatabase } from '../../src/db/index.ts'
import { openWriter } from '../../src/db/sqlite-connection.ts'
import { systemRandom } from '../../src/kernel/index.ts'
import { factNames, writeFact } from './facts.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'authy2-sqlite-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (path: string) => openDatabase({ kind: 'sqlite', path }, systemRandom)
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('the file, its log and its folder are for their owner only', async () => {
  const data = join(folder, 'data')
  const database = open(join(data, 'authy2.db'))
  await migrate(database, NOW)
  await writeFact(database, 'secret')
  expect(modeOf(data)).toBe('700')
  expect(readdirSync(data).map((name) => [name, modeOf(join(data, name))])).toEqual(
    readdirSync(data).map((name) => [name, '600']),
  )
  expect(readdirSync(data)).toContain('authy2.db-wal')
  await database.close()
})

// Beside the data SQLite keeps what a savepoint may have to restore: as a file it took more writes than all else.
test('the writer flushes every commit, checks references, and keeps savepoints in memory', () => {
  const writer = openWriter(join(folder, 'authy2.db'))
  const pragma = (name: string) => Object.values(writer.query<object, []>(`PRAGMA ${name}`).get() ?? {})
  expect(pragma('journal_mode')).toEqual(['wal'])
  expect(pragma('synchronous')).toEqual([2])
  expect(pragma('foreign_keys')).toEqual([1])
  expect(pragma('temp_store')).toEqual([2])
  expect(pragma('cache_size')).toEqual([-2_000])
  expect(pragma('cache_spill')).toEqual([4_000])
  writer.close()
})

// A statement that is still compiled when the connection closes keeps the file open and its log behind.
test('closing waits for the writes and leaves one file, which opens again', async () => {
  const path = join(folder, 'authy2.db')
  const database = open(path)
  await migrate(database, NOW)
  const writes = ['a', 'b'].map((name) => writeFact(database, name))
  await factNames(database.reader)
  await database.close()
  await Promise.all(writes)
  expect(readdirSync(folder)).toEqual(['authy2.db'])
  const again = open(path)
  expect(await factNames(again.reader)).toEqual(['a', 'b'])
  await again.close()
})

test('opening waits for another process that holds the file at that moment', async () => {
  const path = join(folder, 'authy2.db')
  const holder = `
    const file = new (require('bun:sqlite').Database)(process.argv[1])
    file.run('create table taken (id integer)')
    file.run('BEGIN EXCLUSIVE')
    require('node:fs').writeSync(1, 'locked')
    Bun.sleepSync(500)
    file.run('COMMIT')`
  await using child = Bun.spawn([process.execPath, '-e', holder, path], { stdout: 'pipe' })
  await child.stdout.getReader().read()
  await open(path).close()
})

test('a ping reads the file', async () => {
  const database = open(join(folder, 'authy2.db'))
  expect(await database.ping()).toBeLessThan(1_000)
  await database.close()
  await expect(database.ping()).rejects.toBeInstanceOf(Error)
})
