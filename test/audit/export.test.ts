import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  type AuditEvent,
  type AuditExport,
  type AuditFilters,
  exportAuditEvents,
  listAuditEvents,
} from '../../src/audit/index.ts'
import type { UnitsOfWork } from '../../src/db/index.ts'
import { type Log, SYSTEM, silentLog } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { writeEvents } from './events.ts'

const ACME = { organizationId: 'acme' }
const ROWS = 5_000

describe.each(testDialects)('an audit export on $name', (dialect) => {
  let server: TestServer
  let ids: readonly string[]
  let reads = 0
  let units: UnitsOfWork

  beforeAll(async () => {
    server = await testServer({ dialect })
    ids = await server.write((ctx) =>
      writeEvents(
        ctx,
        Array.from({ length: ROWS }, (_, number) => ({ ...ACME, details: { number }, userAgent: '=cmd' })),
      ),
    )
    await server.write((ctx) => writeEvents(ctx, [{ organizationId: 'globex' }]))
    units = {
      read(origin, body) {
        reads++
        return server.deps.read(origin, body)
      },
      write: server.deps.write,
    }
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const logins: AuditFilters = { action: 'user.login' }
  const take = (query: AuditExport, deps = units, log: Log = silentLog) =>
    exportAuditEvents(deps, { actor: SYSTEM, log }, query)

  test('as NDJSON has every row of the organization once, newest first, and no other', async () => {
    const response = await take({ scope: ACME, filters: logins, format: 'ndjson' })
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="audit-log-2030-01-01.ndjson"',
    )
    const text = await response.text()
    expect(text.endsWith('\n')).toBe(true)
    const events = text
      .trimEnd()
      .split('\n')
      .map((line): AuditEvent => JSON.parse(line))
    expect(events.map((event) => event.id)).toEqual([...ids].reverse())
    expect(events[0]).toMatchObject({ organization_id: 'acme', details: { number: ROWS - 1 } })
  })

  test('as CSV has a header and as many records, and no cell that a spreadsheet runs', async () => {
    const response = await take({ scope: ACME, filters: logins, format: 'csv' })
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    const [header, ...records] = (await response.text()).trimEnd().split('\r\n')
    expect(header).toStartWith('id,at,action,outcome,reason,actor_kind,actor_id,')
    expect(records.map((record) => record.slice(0, 36))).toEqual([...ids].reverse())
    expect(records.at(-1)).toEndWith(`,'=cmd,,"{""number"":0}"`)
  })

  test('of the instance has every organization', async () => {
    const response = await take({ scope: 'instance', filters: logins, format: 'ndjson' })
    expect((await response.text()).trimEnd().split('\n')).toHaveLength(ROWS + 1)
  })

  test('of nothing is an empty file, or a header alone', async () => {
    const filters: AuditFilters = { action: 'department.create' }
    expect(await (await take({ scope: ACME, filters, format: 'ndjson' })).text()).toBe('')
    expect(await (await take({ scope: ACME, filters, format: 'csv' })).text()).toMatch(/^id,[^\n]*\r\n$/)
  })

  test('is itself an event, written before anything is sent', async () => {
    const response = await take({ scope: ACME, filters: { outcome: 'failure' }, format: 'csv' })
    const filters: AuditFilters = { action: 'org.audit.export' }
    const [event] = await server.read((ctx) => listAuditEvents(ctx, { scope: ACME, filters }, { count: 1 }))
    expect(event).toMatchObject({
      organizationId: 'acme',
      details: { format: 'csv', filters: { outcome: 'failure' } },
    })
    await response.body?.cancel()
  })

  test('reads no further than its client does, and stops when the client leaves', async () => {
    const response = await take({ scope: ACME, filters: logins, format: 'ndjson' })
    const reader = response.body?.getReader()
    reads = 0
    await reader?.read()
    await reader?.read()
    await Bun.sleep(20)
    expect(reads).toBe(2)
    await reader?.cancel()
    await Bun.sleep(20)
    expect(reads).toBe(2)
  })

  test('that fails midway breaks off instead of looking complete, and the log says why', async () => {
    const logged: string[] = []
    const log: Log = { ...silentLog, error: (event) => logged.push(event) }
    const failing: UnitsOfWork = {
      write: units.write,
      read: (origin, body) => (++reads > 2 ? Promise.reject(new Error('gone')) : units.read(origin, body)),
    }
    reads = 0
    const response = await take({ scope: ACME, filters: logins, format: 'ndjson' }, failing, log)
    await expect(response.text()).rejects.toThrow('gone')
    expect(logged).toEqual(['export.failed'])
  })
})
