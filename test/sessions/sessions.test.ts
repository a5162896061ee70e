import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { issueSession, listSessions, revokeSessions } from '../../src/sessions/index.ts'
import { deleteUser, updateUser } from '../../src/users/index.ts'
import { eventsOf, signIn, withPassword } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { apiKeyOf } from './api-keys.ts'

const me = async (t: TestServer, token: string) => (await t.call('GET', '/auth/me', { token })).status
const list = (t: TestServer, token: string | undefined, query = '') =>
  t.call('GET', `/auth/sessions${query}`, { token })

/** Another session of the same user. */
const another = (t: TestServer, userId: string, isRemembered = false) =>
  t.write((ctx) => issueSession(ctx, { userId, amr: ['pwd'], acr: 'urn:authy2:acr:1fa', isRemembered }))

describe.each(testDialects)('sessions on $name', (dialect) => {
  test('are listed newest first, with the one that asks marked', async () => {
    await using t = await testServer({ dialect })
    const { user, token, sessionId } = await t.signedIn()
    t.clock.advance(60)
    const second = await another(t, user.id, true)
    await t.signedIn()
    const { status, body } = await list(t, token)
    expect(status).toBe(200)
    expect(body.data.sessions).toMatchObject([
      {
        id: second.session.id,
        is_current: false,
        is_remembered: true,
        created_at: '2030-01-01T00:01:00.000Z',
      },
      { id: sessionId, is_current: true, is_remembered: false, device_name: 'Unknown device', address: null },
    ])
    expect(JSON.stringify(body)).not.toContain('digest')
  })

  test('are listed page by page, none twice and none left out', async () => {
    await using t = await testServer({ dialect })
    const { user, token, sessionId } = await t.signedIn()
    const ids = [sessionId]
    for (let index = 0; index < 4; index++) ids.unshift((await another(t, user.id)).session.id)
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body } = await list(t, token, `?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
      seen.push(...body.data.sessions.map(({ id }: { id: string }) => id))
      cursor = body.meta.page.next_cursor
    }
    expect(seen).toEqual(ids)
    expect((await list(t, token, '?cursor=forged')).status).toBe(400)
    expect((await list(t, token, '?limit=101')).status).toBe(400)
  })

  test('that have ended by time are not listed', async () => {
    await using t = await testServer({ dialect })
    const { user } = await t.signedIn()
    t.clock.advance(13 * 3_600)
    const { token, session } = await another(t, user.id)
    expect((await list(t, token)).body.data.sessions).toMatchObject([{ id: session.id }])
  })

  test('end at the end of their life, used or not', async () => {
    await using t = await testServer({ dialect })
    const { token, sessionId } = await t.signedIn()
    for (const hours of [8, 8, 7]) {
      t.clock.advance(hours * 3_600)
      expect(await me(t, token)).toBe(200)
      await noted(t, sessionId)
    }
    t.clock.advance(3_600)
    expect(await me(t, token)).toBe(401)
  })

  test('end when they lie idle', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await t.signedIn()
    const remembered = await another(t, user.id, true)
    t.clock.advance(12 * 3_600)
    expect(await me(t, token)).toBe(401)
    t.clock.advance(6 * 86_400)
    expect(await me(t, remembered.token)).toBe(200)
    await noted(t, remembered.session.id)
    t.clock.advance(7 * 86_400)
    expect(await me(t, remembered.token)).toBe(401)
  })

  test('end with the suspension or the deletion of their user', async () => {
    await using t = await testServer({ dialect })
    const suspended = await t.signedIn()
    const deleted = await t.signedIn()
    await t.write((ctx) => updateUser(ctx, suspended.user.id, { status: 'suspended' }))
    await t.write((ctx) => deleteUser(ctx, deleted.user.id))
    for (const { token } of [suspended, deleted]) {
      expect(await me(t, token)).toBe(401)
      expect((await list(t, token)).status).toBe(401)
    }
  })

  test('are revoked one by one, and refused at the next request', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await t.signedIn()
    const other = await another(t, user.id)
    const revoke = () => t.call('DELETE', `/auth/sessions/${other.session.id}`, { token })
    expect((await revoke()).status).toBe(200)
    expect(await me(t, other.token)).toBe(401)
    expect(await me(t, token)).toBe(200)
    expect((await revoke()).status).toBe(404)
    expect(await eventsOf(t, 'session.revoke')).toMatchObject([
      { actorId: user.id, targetType: 'session', targetId: other.session.id },
    ])
  })

  test('of somebody else do not exist', async () => {
    await using t = await testServer({ dialect })
    const alice = await t.signedIn()
    const bob = await t.signedIn()
    const stolen = await t.call('DELETE', `/auth/sessions/${alice.sessionId}`, { token: bob.token })
    expect(stolen.status).toBe(404)
    const absent = await t.call('DELETE', `/auth/sessions/${crypto.randomUUID()}`, { token: bob.token })
    expect({ ...absent.body, request_id: '' }).toEqual({ ...stolen.body, request_id: '' })
    expect(await me(t, alice.token)).toBe(200)
    expect((await t.call('DELETE', '/auth/sessions/1', { token: bob.token })).status).toBe(400)
  })

  test('but for this one end together', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await t.signedIn()
    const bystander = await t.signedIn()
    const others = [await another(t, user.id), await another(t, user.id)]
    const { status, body } = await t.call('POST', '/auth/sessions/revoke-others', { token })
    expect(status).toBe(200)
    expect(body.data).toEqual({ revoked: 2 })
    for (const other of others) expect(await me(t, other.token)).toBe(401)
    expect(await me(t, token)).toBe(200)
    expect(await me(t, bystander.token)).toBe(200)
  })

  test('of twenty who revoke one at once, one is told that it did', async () => {
    await using t = await testServer({ dialect })
    const { user, token } = await t.signedIn()
    const { session } = await another(t, user.id)
    const revoke = () => t.call('DELETE', `/auth/sessions/${session.id}`, { token })
    const answers = await Promise.all(Array.from({ length: 20 }, revoke))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(404)])
  })

  test('are read and revoked by API keys with the scope for it, which have none of their own', async () => {
    await using t = await testServer({ dialect })
    const caller = await t.signedIn()
    const reader = await apiKeyOf(t, caller.token, ['profile:read'])
    const writer = await apiKeyOf(t, caller.token, ['profile:write'])
    const { body } = await list(t, reader)
    expect(body.data.sessions).toMatchObject([{ id: caller.sessionId, is_current: false }])
    expect((await list(t, writer)).status).toBe(403)
    const path = `/auth/sessions/${caller.sessionId}`
    expect((await t.call('POST', '/auth/sessions/revoke-others', { token: writer })).status).toBe(403)
    expect((await t.call('DELETE', path, { token: reader })).status).toBe(403)
    expect((await t.call('DELETE', path, { token: writer })).status).toBe(200)
    expect(await me(t, caller.token)).toBe(401)
  })

  test('are nobody else’s business', async () => {
    await using t = await testServer({ dialect })
    const { sessionId } = await t.signedIn()
    expect((await list(t, undefined)).status).toBe(401)
    expect((await t.call('DELETE', `/auth/sessions/${sessionId}`)).status).toBe(401)
    expect((await t.call('POST', '/auth/sessions/revoke-others')).status).toBe(401)
    expect((await t.call('POST', '/auth/logout')).status).toBe(401)
  })

  test('carry the device that they were begun on', async () => {
    await using t = await testServer({ dialect })
    const { id } = await withPassword(t)
    await signIn(t, {}, { headers: { 'user-agent': 'curl/8.5.0' } })
    const query = { limit: 50 }
    const page = await t.read((ctx) => listSessions(ctx, { userId: id, query, cursors: t.deps.cursors }))
    expect(page.rows).toMatchObject([{ deviceName: 'curl' }])
    expect(await t.write((ctx) => revokeSessions(ctx, { userId: id }))).toBe(1)
  })
})

/** Waits for the write that a request sets off without waiting for it: the session was seen now. */
async function noted(t: TestServer, id: string): Promise<void> {
  const { session } = t.deps.database.reader.t
  for (let attempt = 0; attempt < 500; attempt++) {
    const [row] = await t.read((ctx) => ctx.reader.select().from(session).where(eq(session.id, id)))
    if (row?.lastSeenAt.getTime() === t.clock.now().getTime()) return
    await Bun.sleep(2)
  }
  throw new Error('The session was not seen')
}
