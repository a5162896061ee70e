import {
  AuditFilters,
  AuditFormat,
  type AuditScope,
  auditEventView,
  exportAuditEvents,
  listAuditEvents,
} from '../audit/index.ts'
import type { Row } from '../db/index.ts'
import { type HttpDeps, PageQuery, type RequestOrigin, readPage, success } from '../http/index.ts'

export const AuditQuery = PageQuery.extend({ ...AuditFilters.shape, format: AuditFormat })
export type AuditQuery = ReturnType<typeof AuditQuery.parse>

/** Whose log: of an organization, or of the instance. A person's own is another, shorter one. */
type Scope = Exclude<AuditScope, { userId: string }>

/** One page of an audit log, or all that matches as a download: whoever may read that scope has been checked. */
export function answerAuditQuery(
  deps: HttpDeps,
  origin: RequestOrigin,
  scope: Scope,
  { format = 'json', ...query }: AuditQuery,
) {
  if (format !== 'json') {
    return exportAuditEvents(deps, origin, { scope, filters: AuditFilters.parse(query), format })
  }
  return readAuditPage(deps, origin, scope, query)
}

async function readAuditPage(
  deps: HttpDeps,
  origin: RequestOrigin,
  scope: Scope,
  query: PageQuery & AuditFilters,
) {
  const list = `audit:${JSON.stringify(scope)}`
  const page = await deps.read(origin, (ctx) =>
    readPage(
      { cursors: deps.cursors, list, query, key: ({ id }: Row<'auditEvent'>) => [id] },
      (count, after) =>
        listAuditEvents(ctx, { scope, filters: query }, { count, after: after && String(after[0]) }),
    ),
  )
  return success(origin, { audit_events: page.rows.map(auditEventView) }, { meta: page.meta })
}
