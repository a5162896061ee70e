import { Database as SqliteFile } from 'bun:sqlite'
import { describe, expect, spyOn, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { findOrCreateGrant } from '../../src/authorization-server/index.ts'
import { storeDocumentClient } from '../../src/clients/index.ts'
import { CLEAN_UPS, cleanUp } from '../../src/jobs/clean-up.ts'
import { addSeconds, DAY } from '../../src/kernel/index.ts'
import { createOrganization } from '../../src/organizations/index.ts'
import { createUser } from '../../src/users/index.ts'
import { type TestDialect, testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { countRows, describedClient, type Owner, PLANTS } from './expiring.ts'
import { until } from './fixture.ts'

const NAMES = Object.keys(CLEAN_UPS)
const NONE = Object.fromEntries(NAMES.map((name) => [name, 0]))

async function withOwner(dialect?: TestDialect) {
  const server = await testServer({ ...(dialect && { dialect }), now: '2032-01-01T00:00:00Z' })
  const owner: Owner = await server.write(async (ctx) => {
    const user = await createUser(ctx, { email: 'ada@example.com', isEmailVerified: true })
    const organization = await createOrganization(ctx, user.id, { name: 'Acme', slug: 'acme' })
    return { userId: user.id, organizationId: organization.id }
  })
  const run = (signal = new AbortController().signal) =>
    cleanUp.run(server.deps, { signal, now: server.clock.now() })
  return { ...server, owner, run }
}

/** Rows that end at these numbers of milliseconds from now. */
const plant = ({ owner, write }: Awaited<ReturnType<typeof withOwner>>, name: string, ends: number[]) =>
  write(async (ctx) => {
    for (const end of ends) await PLANTS[name]?.(ctx, owner, addSeconds(ctx.now, end / 1000))
  })

test('what expires is one list, in the job and in its tests', () => {
  expect(Object.keys(PLANTS)).toEqual(NAMES)
})

describe.each(testDialects)('the clean-up on $name', (dialect) => {
  test.each(NAMES)('%s: removes what has ended, to the millisecond, and nothing else', async (name) => {
    await using t = await withOwner(dialect)
    await plant(t, name, [-1, 0, 1])
    expect(await t.run()).toEqual({ ...NONE, [name]: 2 })
    expect(await t.read(countRows)).toBe(1)
    t.clock.advance(0.001)
    expect(await t.run()).toEqual({ ...NONE, [name]: 1 })
    expect(await t.read(countRows)).toBe(0)
  })

  test('leaves a client that is known by its document alone while somebody lets it have anything', async () => {
    await using t = await withOwner(dialect)
    const [held, free] = await t.write(async (ctx) => {
      const clients = [await describedClient(ctx), await describedClient(ctx)] as const
      const { userId } = t.owner
      await findOrCreateGrant(ctx, { client: clients[0], userId, scopes: ['openid'] })
      return clients
    })
    const left = () => t.read(({ reader }) => reader.select().from(reader.t.client))
    t.clock.advance(30 * DAY - 1)
    await t.write((ctx) => storeDocumentClient(ctx, free)) // sent here once more
    t.clock.advance(1)
    expect(await t.run()).toEqual(NONE)
    t.clock.advance(30 * DAY - 1)
    expect(await t.run()).toMatchObject({ described_clients: 1 })
    expect((await left()).map(({ id }) => id)).toEqual([held.id])
    await t.write(({ tx }) => tx.delete(tx.t.grant))
    expect(await t.run()).toMatchObject({ described_clients: 1 })
    expect(await left()).toEqual([])
  })

  test('takes no client that was registered, however long nobody has used it', async () => {
    await using t = await withOwner(dialect)
    await plant(t, 'client_secrets', [1])
    t.clock.advance(3_650 * DAY)
    await t.run()
    expect(await t.read(({ reader }) => reader.$count(reader.t.client))).toBe(1)
  })

  test('finds nothing where nothing has ended, and never touches what has no end', async () => {
    await using t = await withOwner(dialect)
    for (const name of NAMES) await plant(t, name, [60_000])
    await t.write(async ({ tx }) => void (await tx.update(tx.t.apiKey).set({ expiresAt: null })))
    const before = await t.read(countRows)
    expect(await t.run()).toEqual(NONE)
    expect(await t.read(countRows)).toBe(before)
    t.clock.advance(10 * 365 * 86_400)
    await t.run()
    expect(await t.read(countRows)).toBe(1)
  })

  test('takes every idle time by its own measure', async () => {
    await using t = await withOwner(dialect)
    await plant(t, 'idle_sessions', [-1])
    for (const [idleSeconds, idleFor] of [
      [60, 59],
      [60, 60],
      [3_600, 3_599],
      [604_800, 604_800],
    ] as const) {
      const { sessionId } = await t.signedIn()
      await t.write(async ({ tx, now }) => {
        const { session } = tx.t
        const lastSeenAt = addSeconds(now, -idleFor)
        await tx.update(session).set({ idleSeconds, lastSeenAt }).where(eq(session.id, sessionId))
      })
    }
    expect(await t.run()).toEqual({ ...NONE, idle_sessions: 3 })
    const left = await t.read(({ reader }) => reader.select().from(reader.t.session))
    expect(left.map(({ idleSeconds }) => idleSeconds).toSorted()).toEqual([3_600, 60].toSorted())
  })

  test('a session that the clean-up removes was one that nobody could use', async () => {
    await using t = await withOwner(dialect)
    const { token } = await t.signedIn()
    const status = async () => (await t.call('GET', '/auth/me', { token })).status
    t.clock.advance(12 * 3_600 - 1)
    await t.run()
    expect(await status()).toBe(200) // and used again, it lasts until its end
    await until(async () => (await lastSeen(t)) === t.clock.now().getTime())
    t.clock.advance(12 * 3_600 - 1)
    await t.run()
    expect(await status()).toBe(200)
    t.clock.advance(2)
    expect(await status()).toBe(401)
    expect(await t.run()).toMatchObject({ sessions: 1 })
  })

  test('removes no more in one transaction than it is allowed, the oldest first', async () => {
    await using t = await withOwner(dialect)
    for (const [name, remove] of Object.entries(CLEAN_UPS)) {
      await plant(t, name, [-1_000, -3_000, -2_000])
      expect(await t.write((ctx) => remove(ctx, 2))).toBe(2)
      expect(await t.write((ctx) => remove(ctx, 2))).toBe(1)
      expect(await t.write((ctx) => remove(ctx, 2))).toBe(0)
    }
  })

  test('leaves what is renewed at the very moment', async () => {
    await using t = await withOwner(dialect)
    await plant(t, 'mail_proofs', [-1])
    const isChosen = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const renewed = t.write(async ({ tx, now }) => {
      await tx.update(tx.t.mailProof).set({ expiresAt: addSeconds(now, 60) })
      isChosen.resolve()
      await goOn.promise
    })
    await isChosen.promise
    const cleaning = t.run() // sees the row as it was before
    await Bun.sleep(50)
    goOn.resolve()
    await renewed
    expect(await cleaning).toEqual(NONE)
    expect(await t.read(countRows)).toBe(1)
  })

  test('10,000 expired sessions go while others write', async () => {
    await using t = await withOwner(dialect)
    for (let batch = 0; batch < 20; batch++) await plant(t, 'sessions', Array(500).fill(-batch))
    await plant(t, 'sessions', [1])
    let isOver = false
    const cleaning = t.run().finally(() => {
      isOver = true
    })
    const waits: number[] = []
    for (let number = 0; !isOver; number++) {
      const start = performance.now()
      await t.write(async ({ tx, now }) => {
        await tx.insert(tx.t.instanceFact).values({ name: `${number}`, value: 'yes', createdAt: now })
      })
      waits.push(performance.now() - start)
      await Bun.sleep(1)
    }
    expect(await cleaning).toMatchObject({ sessions: 10_000 })
    expect(await t.read(countRows)).toBe(1)
    expect(waits.length).toBeGreaterThan(50)
    waits.sort((a, b) => a - b)
    expect(waits.at(Math.floor(waits.length * 0.95))).toBeLessThan(250)
  }, 60_000)

  test('that is cut off has removed whole batches, and the next run goes on', async () => {
    await using t = await withOwner(dialect)
    await plant(t, 'sessions', Array(1_000).fill(-1))
    const stopping = new AbortController()
    const cut = t.run(stopping.signal)
    while ((await t.read(countRows)) === 1_000) await Bun.sleep(1)
    stopping.abort(new Error('cut off'))
    expect(cut).rejects.toThrow('cut off')
    await cut.catch(() => {})
    const left = await t.read(countRows)
    expect(left).toBeGreaterThan(0)
    expect(left % 200).toBe(0)
    expect(await t.run()).toMatchObject({ sessions: left })
  })
})

const lastSeen = (t: TestServer) =>
  t.read(async ({ reader }) => (await reader.select().from(reader.t.session))[0]?.lastSeenAt.getTime())

/** The expired may be many, and what has not expired more: neither is walked through for a batch. */
test('every clean-up finds its rows along an index, and deletes them by their keys', async () => {
  await using t = await withOwner()
  for (const name of NAMES) await plant(t, name, [-1, 60_000])
  const prepare = spyOn(SqliteFile.prototype, 'prepare')
  await t.run()
  const statements = prepare.mock.calls.map(([sql]) => sql).filter((sql) => /^(select|delete)/.test(sql))
  prepare.mockRestore()
  expect(statements.filter((sql) => sql.startsWith('delete')).length).toBeGreaterThanOrEqual(NAMES.length)
  using file = new SqliteFile(t.url.slice('sqlite:'.length), { readonly: true })
  for (const sql of statements) {
    const plan = file.query<{ detail: string }, []>(`explain query plan ${sql}`).all()
    const all = plan.map(({ detail }) => detail).filter((detail) => !/^[A-Z ]*SUBQUERY/.test(detail))
    for (const step of all) expect(step, sql).toStartWith('SEARCH')
    // Of each row that is found, by its key: whether anything is held by it.
    const steps = all.filter((step) => !/^SEARCH grants .*\(client_id=\?\)$/.test(step))
    if (!sql.startsWith('delete')) continue
    if (sql.includes('"session_id" in (?')) continue // the clients of what has just been deleted
    expect(steps, sql).toHaveLength(2)
    expect(steps[0], sql).toMatch(/ USING INDEX sqlite_autoindex_\w+_1 /) // the primary key
    expect(steps[1], sql).toMatch(/<\?\)$/) // a stretch of an index
  }
})
