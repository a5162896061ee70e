import type { Database as SqliteFile } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGroupCommit } from '../../src/db/group-commit.ts'
import { openReader, openWriter } from '../../src/db/sqlite-connection.ts'

/** So that those who wait together go together, however slow the machine is. */
const PATIENT = { groupMilliseconds: 60_000, busyMilliseconds: 60_000 }

let folder: string
let path: string
let writer: SqliteFile
let reader: SqliteFile
let commits: ReturnType<typeof createGroupCommit>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'authy2-commit-'))
  path = join(folder, 'test.db')
  writer = openWriter(path)
  writer.run('create table parents (id integer primary key)')
  writer.run('create table items (id integer primary key, parent integer references parents (id))')
  reader = openReader(path)
  commits = createGroupCommit(writer, PATIENT)
})
afterEach(() => {
  reader.close()
  writer.close()
  rmSync(folder, { recursive: true })
})

const insert = (id: number) => async () => void writer.run('insert into items (id) values (?)', [id])
const stored = () =>
  reader
    .query<{ id: number }, []>('select id from items order by id')
    .all()
    .map(({ id }) => id)

describe('a group', () => {
  test('answers nobody before its one commit, neither with success nor with failure', async () => {
    const answered: string[] = []
    const first = commits.run(insert(1)).then(() => answered.push('first'))
    const second = commits
      .run(async () => {
        await Bun.sleep(1)
        throw new Error('on purpose')
      })
      .catch(() => answered.push('second'))
    const third = commits.run(async () => {
      await Bun.sleep(1)
      expect(answered).toEqual([])
      expect(stored()).toEqual([])
      await insert(3)()
    })
    await Promise.all([first, second, third])
    expect(answered).toEqual(['first', 'second'])
    expect(stored()).toEqual([1, 3])
  })

  test('is rejected as a whole when the commit fails, and the next one works', async () => {
    const results = await Promise.allSettled([
      commits.run(insert(1)),
      commits.run(async () => {
        writer.run('PRAGMA defer_foreign_keys = ON') // moves the failure from the statement to the commit
        writer.run('insert into items (id, parent) values (2, 99)')
      }),
      commits.run(insert(3)),
    ])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(results[0]).toMatchObject({ reason: { code: 'SQLITE_CONSTRAINT_FOREIGNKEY' } })
    expect(stored()).toEqual([])
    await commits.run(insert(4))
    expect(stored()).toEqual([4])
  })

  test('is rejected as a whole when SQLite gives the transaction up, with the error that did it', async () => {
    const reason = new Error('the disk is full')
    const results = await Promise.allSettled([
      commits.run(insert(1)),
      commits.run(async () => {
        writer.run('ROLLBACK') // what SQLite does by itself on some errors
        throw reason
      }),
    ])
    expect(results).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ])
    await commits.run(insert(2))
    expect(stored()).toEqual([2])
  })

  test('does not take a swallowed loss of the transaction for a success', async () => {
    const result = commits.run(async () => {
      await insert(1)()
      writer.run('ROLLBACK')
    })
    await expect(result).rejects.toThrow('SQLite ended the transaction')
    expect(stored()).toEqual([])
  })

  test('that cannot begin rejects those that wait', async () => {
    writer.close()
    await expect(commits.run(insert(1))).rejects.toBeInstanceOf(Error)
  })
})

test('a row of a failed transaction does not make its neighbours fail', async () => {
  const results = await Promise.allSettled([
    commits.run(async () => {
      await insert(1)()
      throw new Error('on purpose')
    }),
    commits.run(insert(1)),
    commits.run(insert(1)),
  ])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
  expect(stored()).toEqual([1])
})

describe('a transaction that throws', () => {
  const counted = (body: () => Promise<void>) => {
    const count = { runs: 0 }
    const run = commits.run(async () => {
      count.runs++
      await body()
    })
    return { count, settled: Promise.allSettled([run]) }
  }
  const fail = async () => {
    throw new Error('on purpose')
  }
  const runsOf = async (...jobs: ReturnType<typeof counted>[]) => {
    await Promise.all(jobs.map(({ settled }) => settled))
    return jobs.map(({ count }) => count.runs)
  }

  test('before it changed anything costs its neighbours nothing', async () => {
    expect(await runsOf(counted(insert(1)), counted(fail), counted(insert(2)))).toEqual([1, 1, 1])
    expect(stored()).toEqual([1, 2])
  })

  test('on a constraint that its only statement broke costs them nothing either', async () => {
    expect(await runsOf(counted(insert(1)), counted(insert(1)), counted(insert(2)))).toEqual([1, 1, 1])
    expect(stored()).toEqual([1, 2])
  })

  test('after it changed something has those before it run again; what it did is undone, alone or not', async () => {
    const failLate = async () => {
      await insert(9)()
      await fail()
    }
    expect(await runsOf(counted(insert(1)), counted(failLate), counted(insert(2)))).toEqual([2, 2, 1])
    expect(stored()).toEqual([1, 2])
    expect(await runsOf(counted(failLate))).toEqual([1])
    expect(stored()).toEqual([1, 2])
  })

  test('again when those before it run again: each of them is undone by itself', async () => {
    const first = counted(insert(1))
    let attempts = 0
    const failsThen = counted(async () => {
      await insert(3)()
      if (++attempts === 2) await fail()
    })
    const failLate = counted(async () => {
      await insert(4)()
      await fail()
    })
    expect(await runsOf(first, failsThen, failLate, counted(insert(2)))).toEqual([2, 2, 2, 1])
    expect(stored()).toEqual([1, 2])
  })
})

test('transactions run in the order in which they were asked for', async () => {
  const order: number[] = []
  await Promise.all(
    Array.from({ length: 200 }, (_, id) =>
      commits.run(async () => {
        await Promise.resolve()
        order.push(id)
      }),
    ),
  )
  expect(order).toEqual(Array.from({ length: 200 }, (_, id) => id))
})

test('10,000 may wait; the next one is told to come back', async () => {
  const results = await Promise.allSettled(Array.from({ length: 10_001 }, (_, id) => commits.run(insert(id))))
  expect(results.filter(({ status }) => status === 'rejected')).toMatchObject([
    { reason: { type: 'SERVICE_UNAVAILABLE' } },
  ])
  expect(stored()).toHaveLength(10_000)
})

// Without a turn of the event loop between groups, a chain of writes kept every timer and socket waiting.
test('timers run while one write follows another', async () => {
  commits = createGroupCommit(writer)
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  const until = performance.now() + 100
  for (let id = 0; performance.now() < until; id++) await commits.run(insert(id))
  clearInterval(timer)
  expect(ticks).toBeGreaterThan(2)
})

describe('while another process holds the file', () => {
  test('a write waits without blocking the event loop', async () => {
    const other = openWriter(path)
    other.run('BEGIN IMMEDIATE')
    let ticks = 0
    const timer = setInterval(() => ticks++, 5)
    const result = commits.run(insert(1))
    await Bun.sleep(300)
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(5)
    expect(stored()).toEqual([])
    other.run('COMMIT')
    other.close()
    await result
    expect(stored()).toEqual([1])
  })

  test('a write that waited for too long is told so, and the next one works', async () => {
    const other = openWriter(path)
    other.run('BEGIN IMMEDIATE')
    const impatient = createGroupCommit(writer, { ...PATIENT, busyMilliseconds: 50 })
    await expect(impatient.run(insert(1))).rejects.toMatchObject({
      type: 'SERVICE_UNAVAILABLE',
      cause: { code: 'SQLITE_BUSY' },
    })
    other.run('ROLLBACK')
    other.close()
    await impatient.run(insert(2))
    expect(stored()).toEqual([2])
  })
})
