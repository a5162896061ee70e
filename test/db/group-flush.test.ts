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
let writer: SqliteFile
let reader: SqliteFile
let commits: ReturnType<typeof createGroupCommit>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'authy2-flush-'))
  const path = join(folder, 'test.db')
  writer = openWriter(path)
  writer.run('create table items (id integer primary key)')
  reader = openReader(path)
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

/** Turns of the event loop: more than a group waits for others. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a group whose flush is left to others', () => {
  const answered: string[] = []
  let flushes: { resolve(): void; reject(error: unknown): void }[]
  const note = (name: string, run: Promise<unknown>) =>
    run.then(
      () => answered.push(`${name} done`),
      () => answered.push(`${name} failed`),
    )
  const started = async (count: number) => {
    while (flushes.length < count) await turns(1)
  }
  beforeEach(() => {
    answered.length = 0
    flushes = []
    commits = createGroupCommit(writer, PATIENT, () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      flushes.push({ resolve, reject })
      return promise
    })
  })

  test('answers nobody before it is on the disk, while the next ones are worked on', async () => {
    const first = note('first', commits.run(insert(1)))
    const second = note('second', commits.run(insert(1)))
    await started(1)
    const third = note('third', commits.run(insert(3)))
    const fourth = note(
      'fourth',
      commits.run(async () => stored()),
    )
    await turns(20)
    expect(stored()).toEqual([1, 3])
    expect(answered).toEqual([])
    expect(flushes).toHaveLength(1)
    flushes[0]?.resolve()
    await Promise.all([first, second, started(2)])
    expect(answered).toEqual(['first done', 'second failed'])
    flushes[1]?.resolve()
    await Promise.all([third, fourth])
    expect(answered).toEqual(['first done', 'second failed', 'third done', 'fourth done'])
  })

  test('takes in who comes within the next turns, as long as somebody does', async () => {
    const answers = [1, 2, 3].map(async (id) => {
      await turns(id)
      await note(`number ${id}`, commits.run(insert(id)))
    })
    await started(1)
    expect(stored()).toEqual([1, 2, 3])
    flushes[0]?.resolve()
    await Promise.all(answers)
    expect(flushes).toHaveLength(1)
  })

  test('does not wait for ever for others who keep coming', async () => {
    const answers: Promise<unknown>[] = []
    for (let id = 1; flushes.length === 0; id++) {
      answers.push(note(`number ${id}`, commits.run(insert(id))))
      await turns(1)
    }
    const settled = Promise.all(answers)
    expect(stored().length).toBeLessThan(64)
    for (let flush = 0; answered.length < answers.length; flush++) {
      await started(flush + 1)
      flushes[flush]?.resolve()
      await turns(20)
    }
    await settled
    expect(stored()).toHaveLength(answers.length)
  })

  test('waits for no disk when nothing has changed and nothing is on its way there', async () => {
    expect(await commits.run(async () => stored())).toEqual([])
    expect(flushes).toEqual([])
  })

  test('and who has seen what is on its way there waits for it, too', async () => {
    const first = note('first', commits.run(insert(1)))
    await started(1)
    const look = note(
      'look',
      commits.run(async () => stored()),
    )
    await turns(20)
    expect(answered).toEqual([])
    flushes[0]?.resolve()
    await started(2)
    flushes[1]?.resolve()
    await Promise.all([first, look])
    expect(answered).toEqual(['first done', 'look done'])
  })

  test('is told to have failed when it is not on the disk, as is everybody from then on, who changes nothing', async () => {
    const reason = new Error('the disk is gone')
    const first = commits.run(insert(1))
    await started(1)
    const second = commits.run(insert(2))
    await turns(20)
    flushes[0]?.reject(reason)
    const failed = { status: 'rejected', reason }
    expect(await Promise.allSettled([first, second])).toEqual([failed, failed] as never)
    expect(await Promise.allSettled([commits.run(insert(3))])).toEqual([failed] as never)
    expect(() => commits.requireIntact()).toThrow(reason)
    expect(stored()).toEqual([1, 2])
    expect(flushes).toHaveLength(1)
  })

  test('is waited for when all is to be over', async () => {
    const run = commits.run(insert(1))
    await started(1)
    let isOver = false
    const drained = commits.drain().then(() => (isOver = true))
    await turns(20)
    expect(isOver).toBe(false)
    flushes[0]?.resolve()
    await Promise.all([run, drained])
  })
})
