import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../src/db/index.ts'
import { createLogFlush } from '../../src/db/log-flush.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { openWriter } from '../../src/db/sqlite-connection.ts'
import { occupyingPool, unavailable } from '../../src/kernel/index.ts'
import { factNames, writeFact } from './facts.ts'

const NOW = new Date('2026-01-01T00:00:00Z')

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'authy2-flush-'))
  path = join(folder, 'test.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('what was committed is flushed, again and again, and the file is let go of', async () => {
  const writer = openWriter(path)
  const log = createLogFlush(path)
  writer.run('create table items (id integer primary key)')
  await log.flush()
  writer.run('insert into items values (1)')
  await Promise.all([log.flush(), log.flush()])
  log.close()
  log.close()
  writer.close()
  expect(await Array.fromAsync(new Bun.Glob('*').scan(folder))).toEqual(['test.db'])
})

test('and while passwords are hashed in every thread of the pool, too, without waiting for one', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const hashes = Array.from({ length: availableParallelism() }, () => occupyingPool(() => promise))
  const writer = openWriter(path)
  writer.run('create table items (id integer primary key)')
  const log = createLogFlush(path)
  await log.flush()
  log.close()
  log.close()
  expect(Bun.spawnSync(['mkfifo', `${path}.pipe-wal`]).success).toBe(true)
  writeFileSync(`${path}.pipe`, '')
  const pipe = createLogFlush(`${path}.pipe`)
  const failure = await pipe.flush().catch((error: unknown) => error) // `rejects` would hold up the thread's answer
  expect(failure).toMatchObject({ type: 'SERVICE_UNAVAILABLE', cause: { code: 'EINVAL' } })
  pipe.close()
  await expect(createLogFlush(`${path}.none`).flush()).rejects.toMatchObject({ type: 'SERVICE_UNAVAILABLE' })
  writer.close()
  resolve()
  await Promise.all(hashes)
})

test('a log that is not there cannot have been flushed', async () => {
  await expect(createLogFlush(path).flush()).rejects.toMatchObject({
    type: 'SERVICE_UNAVAILABLE',
    cause: { code: 'ENOENT' },
  })
})

test('a file that does not take a flush is told as one that was not flushed', async () => {
  openWriter(path).close()
  expect(Bun.spawnSync(['mkfifo', `${path}-wal`]).success).toBe(true) // fsync(2): EINVAL for a pipe
  const log = createLogFlush(path)
  await expect(log.flush()).rejects.toMatchObject({ type: 'SERVICE_UNAVAILABLE', cause: { code: 'EINVAL' } })
  log.close()
})

test('a database behind a link is flushed where it lies', async () => {
  openWriter(path).close()
  symlinkSync(path, join(folder, 'link.db'))
  const database = openSqlite(join(folder, 'link.db'))
  await migrate(database, NOW)
  await writeFact(database, 'there')
  expect(await factNames(database.reader)).toEqual(['there'])
  await database.close()
})

test('a database answers no write that is not flushed, and is not well from then on', async () => {
  const reason = unavailable('not flushed')
  let isGone = false
  const database = openSqlite(path, {
    flush: async () => {
      if (isGone) throw reason
    },
    close() {},
  })
  await migrate(database, NOW)
  await writeFact(database, 'kept')
  expect(await database.ping()).toBeNumber()
  isGone = true
  await expect(writeFact(database, 'in doubt')).rejects.toBe(reason)
  isGone = false
  await expect(writeFact(database, 'never')).rejects.toBe(reason)
  await expect(database.ping()).rejects.toBe(reason)
  expect(await factNames(database.reader)).toEqual(['in doubt', 'kept'])
  await database.close()
})
