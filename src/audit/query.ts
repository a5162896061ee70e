import { and, desc, eq, gte, inArray, lt, type SQL } from 'drizzle-orm'
import type { ReadCtx, Reader, Row, Tables } from '../db/index.ts'
import { addSeconds, HOUR } from '../kernel/index.ts'
import { type AuditFilters, actionsMatching } from './schema.ts'

/** Whose log it is: an organization's, what a user did or had done to them, or all there is. */
export type AuditScope = { readonly organizationId: string } | { readonly userId: string } | 'instance'

/** Up to `count` rows, those older than the row `after` where one is given. */
export interface AuditPage {
  readonly count: number
  readonly after?: string | undefined
}

/** Audit events, newest first: by id, which never changes and so is a place to go on from. */
export async function listAuditEvents(
  ctx: ReadCtx,
  query: { readonly scope: AuditScope; readonly filters: AuditFilters },
  page: AuditPage,
): Promise<readonly Row<'auditEvent'>[]> {
  const found = new Map<string, Row<'auditEvent'>>()
  const statements = auditStatements(ctx.reader, query, page)
  for (const statement of statements) for (const row of await statement) found.set(row.id, row)
  if (statements.length === 1) return [...found.values()]
  return [...found.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, page.count)
}

/**
 * The statements whose merged rows are the page. More than one where a single one could only sort all that
 * matches (`actor or target`, one of several actions): each of these walks one index from its newest end and
 * stops after `count` rows.
 */
export function auditStatements(
  reader: Reader,
  { scope, filters }: { readonly scope: AuditScope; readonly filters: AuditFilters },
  { count, after }: AuditPage,
) {
  const { auditEvent } = reader.t
  const rest = and(
    ...fieldConditions(auditEvent, filters),
    ...timeConditions(auditEvent, filters),
    after === undefined ? undefined : lt(auditEvent.id, after),
  )
  return walks(auditEvent, scope, filters).map((walk) =>
    reader.select().from(auditEvent).where(and(walk, rest)).orderBy(desc(auditEvent.id)).limit(count),
  )
}

type AuditTable = Tables['auditEvent']

/** What each statement walks along; undefined: the primary key, unless a filter has an index of its own. */
function walks(t: AuditTable, scope: AuditScope, filters: AuditFilters): readonly (SQL | undefined)[] {
  const actions = filters.action === undefined ? undefined : actionsMatching(filters.action)
  if (scope === 'instance') {
    const isNarrow = filters.actor !== undefined || filters.target !== undefined
    if (actions && !isNarrow) return actions.map((action) => eq(t.action, action))
  }
  const ofActions = actions && inArray(t.action, [...actions])
  if (scope === 'instance') return [ofActions]
  if ('organizationId' in scope) return [and(eq(t.organizationId, scope.organizationId), ofActions)]
  return [and(eq(t.actorId, scope.userId), ofActions), and(eq(t.targetId, scope.userId), ofActions)]
}

const fieldConditions = (t: AuditTable, { actor, target, outcome, address }: AuditFilters) => [
  actor === undefined ? undefined : eq(t.actorId, actor),
  target === undefined ? undefined : eq(t.targetId, target),
  outcome === undefined ? undefined : eq(t.outcome, outcome),
  address === undefined ? undefined : eq(t.address, address),
]

/**
 * A time range, and the range of ids that it lies in, so that an old one is found without passing all that
 * came later. An id is never earlier than its row's time, but may be a little later: a process whose clock
 * was set back goes on from the last id that it gave.
 */
function timeConditions(t: AuditTable, filters: AuditFilters) {
  const from = filters.from === undefined ? undefined : parseTime(filters.from)
  const to = filters.to === undefined ? undefined : parseTime(filters.to)
  return [
    from && and(gte(t.id, firstIdAt(from)), gte(t.at, from)),
    to && and(lt(t.id, firstIdAt(addSeconds(to, HOUR))), lt(t.at, to)),
  ]
}

/** Nothing happened before 1970, and not every database knows the year 0. */
const parseTime = (text: string): Date => new Date(Math.max(0, Date.parse(text)))

/** No UUIDv7 made at this time sorts before it. As long as one, so that no collation sorts it otherwise. */
function firstIdAt(instant: Date): string {
  const time = instant.getTime().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`
}
