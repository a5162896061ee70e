import { describe, expect, test } from 'bun:test'
import { enqueueMail } from '../../src/outbox/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { type TestDialect, testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'

const PATH = '/admin/outbox/dead-letters'
const NOBODYS_ID = '01970000-0000-7000-8000-000000000000'

/** The first user of an instance is its administrator. So many mails have been given up, and one still waits. */
async function arrange(dialect: TestDialect, count = 1) {
  const t = await testServer({ dialect })
  const root = await t.signedIn({ email: 'root@example.com' })
  const bob = await t.signedIn({ email: 'bob@example.com' })
  const sendMails = (times: number) =>
    t.write(async (ctx) => {
      const mail = { kind: 'verify_email', to: 'eve@example.com', locale: 'en', token: 'a2v_secret' } as const
      for (let n = 0; n < times; n++) await enqueueMail(ctx, mail)
    })
  await sendMails(count)
  await t.write(({ tx }) =>
    tx.update(tx.t.outboxMessage).set({ status: 'dead', attempts: 10, lastError: '550 no such mailbox' }),
  )
  await sendMails(1)
  const messages = () => t.read(({ reader }) => reader.select().from(reader.t.outboxMessage))
  const list = (query = '', token: string | undefined = root.token) =>
    t.call('GET', `${PATH}${query}`, { token })
  const retry = (id: string, token: string | undefined = root.token) =>
    t.call('POST', `${PATH}/${id}/retry`, { token })
  const keyOf = async (...scopes: string[]): Promise<string> => {
    const body = { name: scopes.join(' '), scopes }
    return (await t.call('POST', '/users/me/api-keys', { token: root.token, body })).body.data.key
  }
  return { ...t, root, bob, messages, list, retry, keyOf }
}

describe.each(testDialects)('the dead letters of an instance on $name', (dialect) => {
  test('are listed page by page, with what went wrong and nothing of what they say', async () => {
    await using t = await arrange(dialect, 3)
    const first = await t.list('?limit=2')
    expect(first.status).toBe(200)
    const cursor = first.body.meta.page.next_cursor
    const second = await t.list(`?limit=2&cursor=${encodeURIComponent(cursor)}`)
    expect(second.body.meta.page.next_cursor).toBeNull()
    const rows = [...first.body.data.dead_letters, ...second.body.data.dead_letters]
    const dead = (await t.messages()).filter(({ status }) => status === 'dead').map(({ id }) => id)
    expect(rows.map(({ id }) => id)).toEqual(dead.sort().reverse())
    expect(rows[0]).toEqual({
      id: rows[0].id,
      kind: 'mail.verify_email',
      attempts: 10,
      last_error: '550 no such mailbox',
      created_at: '2030-01-01T00:00:00.000Z',
    })
    expect((await t.list('?cursor=forged')).status).toBe(400)
  })

  test('one is sent again when asked for, by whom is recorded, and then it is none', async () => {
    await using t = await arrange(dialect)
    const [letter] = (await t.list()).body.data.dead_letters
    const { status, body } = await t.retry(letter.id)
    expect(status).toBe(202)
    expect(body).toMatchObject({ success: true, code: 202 })
    expect((await t.messages()).find(({ id }) => id === letter.id)).toMatchObject({
      status: 'pending',
      attempts: 0,
    })
    expect((await t.list()).body.data.dead_letters).toEqual([])
    const again = await t.retry(letter.id)
    expect(again).toMatchObject({ status: 404, body: { error: { type: 'NOT_FOUND' } } })
    expect(await eventsOf(t, 'admin.outbox.retry')).toMatchObject([
      { actorId: t.root.user.id, targetId: letter.id, details: { kind: 'mail.verify_email' } },
    ])
  })

  test('are not for others, nor made of what is unknown or still waits', async () => {
    await using t = await arrange(dialect)
    const [letter] = (await t.list()).body.data.dead_letters
    expect((await t.call('GET', PATH)).status).toBe(401)
    expect((await t.call('POST', `${PATH}/${letter.id}/retry`)).status).toBe(401)
    expect((await t.list('', t.bob.token)).status).toBe(403)
    expect((await t.retry(letter.id, t.bob.token)).status).toBe(403)
    const reads = await t.keyOf('admin:read')
    expect((await t.list('', reads)).status).toBe(200)
    expect((await t.retry(letter.id, reads)).status).toBe(403)
    const waiting = (await t.messages()).find(({ status }) => status === 'pending')?.id ?? ''
    for (const id of [NOBODYS_ID, waiting]) expect((await t.retry(id)).status).toBe(404)
    expect((await t.retry('no-id')).status).toBe(404)
    expect(await eventsOf(t, 'admin.outbox.retry')).toEqual([])
    expect((await t.retry(letter.id, await t.keyOf('admin:write'))).status).toBe(202)
  })
})
