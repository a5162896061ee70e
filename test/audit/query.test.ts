import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type AuditFilters, type AuditScope, listAuditEvents, record } from '../../src/audit/index.ts'
import { silentLog } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { writeEvents } from './events.ts'

const ALICE = 'alice'
const BOB = 'bob'
const ACME = 'acme'
const GLOBEX = 'globex'

describe.each(testDialects)('the audit log on $name', (dialect) => {
  let server: TestServer
  const id: Record<string, string> = {}

  beforeAll(async () => {
    server = await testServer({ dialect, now: '2030-01-01T00:00:00Z' })
    const write = async (name: string, event: Parameters<typeof writeEvents>[1][number]) => {
      const [written = ''] = await server.write((ctx) => writeEvents(ctx, [event]))
      id[name] = written
      server.clock.advance(3600)
    }
    await write('aliceLogin', { actorId: ALICE, address: '192.0.2.1' })
    await write('bobLogin', { actorId: BOB, outcome: 'failure', reason: 'wrong_password' })
    await write('orgCreate', { action: 'org.create', actorId: ALICE, organizationId: ACME, targetId: ACME })
    await write('memberAdd', {
      action: 'org.member.add',
      actorId: ALICE,
      organizationId: ACME,
      targetType: 'user',
      targetId: BOB,
    })
    await write('otherOrg', { action: 'org.create', actorId: BOB, organizationId: GLOBEX, targetId: GLOBEX })
    await write('aliceSelf', {
      action: 'user.update',
      actorId: ALICE,
      targetType: 'user',
      targetId: ALICE,
      address: '192.0.2.1',
    })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  async function found(scope: AuditScope, filters: AuditFilters = {}, page = { count: 100 }) {
    const rows = await server.read((ctx) => listAuditEvents(ctx, { scope, filters }, page))
    return rows.map((row) => Object.keys(id).find((name) => id[name] === row.id))
  }

  test('shows everything of the instance, newest first', async () => {
    expect(await found('instance')).toEqual([
      'aliceSelf',
      'otherOrg',
      'memberAdd',
      'orgCreate',
      'bobLogin',
      'aliceLogin',
    ])
  })

  test('shows an organization its own events and nobody else’s', async () => {
    expect(await found({ organizationId: ACME })).toEqual(['memberAdd', 'orgCreate'])
    expect(await found({ organizationId: 'nowhere' })).toEqual([])
  })

  test('shows a user what they did and what was done to them, each once', async () => {
    expect(await found({ userId: BOB })).toEqual(['otherOrg', 'memberAdd', 'bobLogin'])
    expect(await found({ userId: ALICE })).toEqual(['aliceSelf', 'memberAdd', 'orgCreate', 'aliceLogin'])
  })

  const cases: readonly (readonly [string, AuditScope, AuditFilters, readonly string[]])[] = [
    ['an action', 'instance', { action: 'org.member.add' }, ['memberAdd']],
    ['a family', 'instance', { action: 'org.*' }, ['otherOrg', 'memberAdd', 'orgCreate']],
    ['a deeper family', 'instance', { action: 'org.member.*' }, ['memberAdd']],
    ['a family without events', 'instance', { action: 'department.*' }, []],
    ['a family within an organization', { organizationId: ACME }, { action: 'user.*' }, []],
    ['a family of a user', { userId: ALICE }, { action: 'user.*' }, ['aliceSelf', 'aliceLogin']],
    ['an actor', 'instance', { actor: BOB }, ['otherOrg', 'bobLogin']],
    ['an actor within an organization', { organizationId: GLOBEX }, { actor: ALICE }, []],
    ['a target', 'instance', { target: BOB }, ['memberAdd']],
    ['an outcome', 'instance', { outcome: 'failure' }, ['bobLogin']],
    ['an address', 'instance', { address: '192.0.2.1' }, ['aliceSelf', 'aliceLogin']],
    ['an actor and a family', 'instance', { actor: ALICE, action: 'org.*' }, ['memberAdd', 'orgCreate']],
    ['an actor and an outcome', 'instance', { actor: ALICE, outcome: 'failure' }, []],
    [
      'a start, included',
      'instance',
      { from: '2030-01-01T03:00:00Z' },
      ['aliceSelf', 'otherOrg', 'memberAdd'],
    ],
    ['an end, not included', 'instance', { to: '2030-01-01T01:00:00Z' }, ['aliceLogin']],
    [
      'a range in another time zone',
      'instance',
      { from: '2030-01-01T02:00:00+01:00', to: '2030-01-01T03:00:00+01:00' },
      ['bobLogin'],
    ],
    ['an empty range', 'instance', { from: '2030-01-01T05:00:00Z', to: '2030-01-01T05:00:00Z' }, []],
    ['a time before all time', 'instance', { to: '0000-01-01T00:00:00Z' }, []],
    ['a family and a range', 'instance', { action: 'org.*', to: '2030-01-01T03:00:00Z' }, ['orgCreate']],
    [
      'a family of a user and a range',
      { userId: BOB },
      { from: '2030-01-01T03:00:00Z' },
      ['otherOrg', 'memberAdd'],
    ],
  ]
  test.each(cases)('narrows down by %s', async (_, scope, filters, expected) => {
    expect(await found(scope, filters)).toEqual([...expected])
  })

  test.each<[string, AuditScope, AuditFilters]>([
    ['one index', 'instance', {}],
    ['actor and target merged', { userId: ALICE }, {}],
    ['a family merged', 'instance', { action: 'org.*' }],
  ])('pages through %s without a gap or a repetition', async (_, scope, filters) => {
    const all = await found(scope, filters)
    const paged: (string | undefined)[] = []
    for (let after: string | undefined; ; ) {
      const page = { count: 1, after }
      const [row] = await server.read((ctx) => listAuditEvents(ctx, { scope, filters }, page))
      if (!row) break
      paged.push(Object.keys(id).find((name) => id[name] === row.id))
      after = row.id
    }
    expect(paged).toEqual(all)
  })

  test('finds by time also what got its id from a clock that was set back meanwhile', async () => {
    await using other = await testServer({ dialect, now: '2030-01-01T00:30:00Z' })
    await other.write((ctx) => writeEvents(ctx, [{ details: { order: 1 } }]))
    other.clock.set('2030-01-01T00:00:00Z')
    await other.write((ctx) => writeEvents(ctx, [{ details: { order: 2 } }]))
    const filters = { from: '2030-01-01T00:00:00Z', to: '2030-01-01T00:10:00Z' }
    const rows = await other.read((ctx) =>
      listAuditEvents(ctx, { scope: 'instance', filters }, { count: 10 }),
    )
    expect(rows.map(({ details }) => details)).toEqual([{ order: 2 }])
  })

  test('keeps who, from where and on which request, in the transaction of the change', async () => {
    await using other = await testServer({ dialect })
    const origin = {
      actor: { kind: 'api_key', userId: ALICE, apiKeyId: 'key' } as const,
      request: { id: 'request-1', address: '192.0.2.9', userAgent: 'x'.repeat(600) },
      log: silentLog,
    }
    await other.deps.write(origin, (ctx) =>
      record(ctx, { action: 'user.update', target: { type: 'user', id: BOB }, details: { fields: ['a'] } }),
    )
    const failing = other.deps.write(origin, async (ctx) => {
      await record(ctx, { action: 'user.delete' })
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
    const rows = await other.read((ctx) =>
      listAuditEvents(ctx, { scope: 'instance', filters: {} }, { count: 10 }),
    )
    expect(rows).toMatchObject([
      {
        action: 'user.update',
        outcome: 'success',
        actorKind: 'api_key',
        actorId: ALICE,
        credentialId: 'key',
        targetType: 'user',
        targetId: BOB,
        address: '192.0.2.9',
        userAgent: 'x'.repeat(512),
        requestId: 'request-1',
        details: { fields: ['a'] },
      },
    ])
  })
})
