import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { placeholder } from '../../src/db/index.ts'
import { type CommitWatch, watchCommits } from '../../src/db/sqlite-commits.ts'
import { testDialects } from '../support/databases.ts'

let folder: string
let path: string
let writer: Database
let watches: CommitWatch[] = []
const watching = (file = path) => {
  const watch = watchCommits(file)
  watches.push(watch)
  return watch.isUnchanged
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authy2-commits-'))
  path = join(folder, 'a.db')
  writer = new Database(path)
  writer.run('PRAGMA journal_mode = WAL')
  writer.run('create table t (a)')
})
afterEach(async () => {
  writer.close()
  for (const watch of watches) watch.close()
  watches = []
  await rm(folder, { recursive: true, force: true })
})

describe('whether anyone has committed', () => {
  test('is asked for the first time', () => {
    const isUnchanged = watching()
    expect([isUnchanged(), isUnchanged()]).toEqual([false, true])
  })

  test('shows at once, and once for each asker', () => {
    const [first, second] = [watching(), watching()]
    first()
    second()
    for (let round = 0; round < 50; round++) {
      writer.run('insert into t values (1)')
      expect([first(), first(), second(), second()]).toEqual([false, true, false, true])
    }
  })

  test('does not show for what is not committed', () => {
    const isUnchanged = watching()
    isUnchanged()
    writer.run('begin')
    writer.run('insert into t values (1)')
    expect(isUnchanged()).toBe(true)
    writer.run('rollback')
    expect(isUnchanged()).toBe(true)
  })

  test('shows after the log was emptied and begins anew', () => {
    const isUnchanged = watching()
    writer.run('insert into t values (1)')
    isUnchanged()
    writer.run('PRAGMA wal_checkpoint(TRUNCATE)')
    isUnchanged()
    writer.run('insert into t values (1)')
    expect(isUnchanged()).toBe(false)
  })

  test('shows when another process did it', async () => {
    const isUnchanged = watching()
    isUnchanged()
    const script = `new (require('bun:sqlite').Database)(${JSON.stringify(path)}).run('insert into t values (1)')`
    expect(await Bun.spawn([process.execPath, '-e', script]).exited).toBe(0)
    expect([isUnchanged(), isUnchanged()]).toEqual([false, true])
  })

  // A second open and close of the log's index dropped SQLite's locks on it: the next process began it anew.
  test('leaves the locks of this process alone, whoever else comes and goes', async () => {
    const first = watchCommits(path)
    const second = watchCommits(path)
    first.isUnchanged()
    second.isUnchanged()
    first.close()
    writer.run('begin immediate')
    writer.run('insert into t values (1)')
    const script = `
      const { Database } = require('bun:sqlite')
      const other = new Database(${JSON.stringify(path)})
      other.run('PRAGMA busy_timeout = 0')
      try { other.run('insert into t values (2)'); process.exit(1) } catch { other.query('select * from t').all() }`
    for (let round = 0; round < 5; round++) {
      expect(await Bun.spawn([process.execPath, '-e', script]).exited).toBe(0)
    }
    writer.run('commit')
    expect(second.isUnchanged()).toBe(false)
    expect(writer.query('select count(*) as rows from t').get()).toEqual({ rows: 1 })
    second.close()
  })

  test('is never denied where there is no log to look at', () => {
    const isUnchanged = watching(join(folder, 'nothing.db'))
    expect([isUnchanged(), isUnchanged()]).toEqual([false, false])
  })
})

describe.each(testDialects)('reads with a memo key on $name', (dialect) => {
  test('see every commit, and are told apart by their key', async () => {
    await using t = await dialect.open()
    const { reader, transaction } = t.database
    const read = async (name: string) => {
      const facts = reader.prepared('test.fact', (r) =>
        r
          .select()
          .from(r.t.instanceFact)
          .where(eq(r.t.instanceFact.name, placeholder('name'))),
      )
      const [rows] = await reader.together([facts], { name }, name)
      return rows[0]?.value
    }
    const write = (name: string, value: string) =>
      transaction(async ({ insert, t: { instanceFact } }) => {
        const set = { value, createdAt: new Date('2030-01-01T00:00:00Z') }
        await insert(instanceFact)
          .values({ name, ...set })
          .onConflictDoUpdate({ target: instanceFact.name, set })
      })
    expect([await read('a'), await read('b')]).toEqual([undefined, undefined])
    for (const value of ['1', '2', '3']) {
      await write('a', value)
      expect([await read('a'), await read('a'), await read('b')]).toEqual([value, value, undefined])
    }
  })
})
