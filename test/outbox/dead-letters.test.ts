import { describe, expect, test } from 'bun:test'
import { createCursorSigner, PageQuery } from '../../src/http/index.ts'
import { utf8 } from '../../src/kernel/index.ts'
import { countMessages, enqueue, listDead, PermanentFailure, retryDead } from '../../src/outbox/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestOutbox, testOutbox } from './fixture.ts'

const cursors = createCursorSigner([utf8('a key for tests')])
const page = (query: object = {}) => PageQuery.parse(query)

/** So many messages that were given up. */
async function withDead(t: TestOutbox, count: number): Promise<readonly string[]> {
  await t.write(async (ctx) => {
    for (let n = 0; n < count; n++) await enqueue(ctx, { kind: 'note.test', payload: n })
  })
  const refuse = () => Promise.reject(new PermanentFailure('gone'))
  await t.worker({ handlers: { note: refuse } }).runOnce()
  return (await t.rows()).map(({ id }) => id)
}

describe.each(testDialects)('dead letters on $name', (dialect) => {
  test('are listed page by page, newest first, without what they carry', async () => {
    await using t = await testOutbox({ dialect })
    const ids = await withDead(t, 5)
    await t.write((ctx) => enqueue(ctx, { kind: 'note.test', payload: 'waiting' }))
    const list = (query: object) => t.read((ctx) => listDead(ctx, page(query), cursors))
    const first = await list({ limit: 3 })
    const second = await list({ limit: 3, cursor: first.meta.page?.next_cursor })
    expect([...first.rows, ...second.rows].map(({ id }) => id)).toEqual(ids.toReversed())
    expect(second.meta.page?.next_cursor).toBeNull()
    const [row] = first.rows
    expect(row).toEqual({
      id: ids[4] ?? '',
      kind: 'note.test',
      attempts: 1,
      lastError: 'gone',
      createdAt: t.clock.now(),
    })
  })

  test('are delivered after all when asked for, and that is recorded', async () => {
    await using t = await testOutbox({ dialect })
    const [id = ''] = await withDead(t, 1)
    await t.write((ctx) => retryDead(ctx, id))
    expect(await t.rows()).toMatchObject([{ id, status: 'pending', attempts: 0 }])
    const delivered: unknown[] = []
    await t.worker({ handlers: { note: async ({ payload }) => void delivered.push(payload) } }).runOnce()
    expect(delivered).toEqual([0])
    const events = await t.read(async ({ reader }) => reader.select().from(reader.t.auditEvent))
    expect(events).toMatchObject([
      {
        action: 'admin.outbox.retry',
        targetType: 'outbox_message',
        targetId: id,
        details: { kind: 'note.test' },
      },
    ])
  })

  test('of 20 who ask at once one does, and the others are told that there is none', async () => {
    await using t = await testOutbox({ dialect })
    const [id = ''] = await withDead(t, 1)
    const asked = await Promise.allSettled(
      Array.from({ length: 20 }, () => t.write((ctx) => retryDead(ctx, id))),
    )
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const refused = asked.filter((outcome) => outcome.status === 'rejected')
    expect(refused.every(({ reason }) => reason.type === 'NOT_FOUND')).toBe(true)
  })

  test('are not made of messages that wait, nor of nothing', async () => {
    await using t = await testOutbox({ dialect })
    await t.write((ctx) => enqueue(ctx, { kind: 'note.test', payload: 1 }))
    const [row] = await t.rows()
    for (const id of [row?.id ?? '', '01970000-0000-7000-8000-000000000000']) {
      await expect(t.write((ctx) => retryDead(ctx, id))).rejects.toMatchObject({ type: 'NOT_FOUND' })
    }
    expect(await t.rows()).toEqual(row ? [row] : [])
  })

  test('are counted apart from what waits', async () => {
    await using t = await testOutbox({ dialect })
    expect(await t.read(countMessages)).toEqual({ pending: 0, dead: 0 })
    await withDead(t, 2)
    await t.write((ctx) => enqueue(ctx, { kind: 'note.test', payload: 1 }))
    expect(await t.read(countMessages)).toEqual({ pending: 1, dead: 2 })
  })
})
