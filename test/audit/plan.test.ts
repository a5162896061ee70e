import { Database as SqliteFile } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { AuditFilters, AuditScope } from '../../src/audit/index.ts'
import { auditStatements } from '../../src/audit/query.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { writeEvents } from './events.ts'

const SCOPES: readonly (readonly [string, AuditScope])[] = [
  ['the instance', 'instance'],
  ['an organization', { organizationId: 'acme' }],
  ['a user', { userId: 'alice' }],
]

const VALUES: Required<AuditFilters> = {
  action: 'org.*',
  actor: 'bob',
  target: 'carol',
  outcome: 'failure',
  from: '2030-01-01T00:00:00Z',
  to: '2030-01-02T00:00:00Z',
  address: '192.0.2.1',
}

/** Every combination of filters: 2⁷. */
const COMBINATIONS: readonly AuditFilters[] = Array.from({ length: 128 }, (_, bits) =>
  Object.fromEntries(Object.entries(VALUES).filter((_, position) => bits & (1 << position))),
)

/** An audit log is the largest table: a query that sorts it, or walks it in no order, would not end. */
describe.each(SCOPES)('a query for %s', (_, scope) => {
  let server: TestServer
  let file: SqliteFile
  beforeAll(async () => {
    server = await testServer()
    await server.write((ctx) =>
      writeEvents(
        ctx,
        Array.from({ length: 2_000 }, () => ({})),
      ),
    )
    file = new SqliteFile(server.url.slice('sqlite:'.length), { readonly: true })
  })
  afterAll(async () => {
    file.close()
    await server[Symbol.asyncDispose]()
  })

  test('walks an index in order, whatever it is narrowed down by', () => {
    for (const filters of COMBINATIONS) {
      for (const after of [undefined, '01970000-0000-7000-8000-000000000000']) {
        const page = { count: 50, after }
        for (const statement of auditStatements(server.deps.database.reader, { scope, filters }, page)) {
          const { sql, params } = statement.toSQL()
          const plan = file
            .query<{ detail: string }, never[]>(`explain query plan ${sql}`)
            .all(...(params as never[]))
            .map(({ detail }) => detail)
          expect(plan, `${JSON.stringify(filters)}`).toHaveLength(1)
          expect(plan[0]).toMatch(/^(SEARCH|SCAN) audit_events USING INDEX /)
          if (scope !== 'instance') expect(plan[0]).toContain('SEARCH')
        }
      }
    }
  })
})
