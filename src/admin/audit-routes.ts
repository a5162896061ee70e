import { Elysia } from 'elysia'
import { z } from 'zod'
import {
  AUDIT_DOWNLOADS,
  AuditEvent,
  AuditFilters,
  AuditFormat,
  auditEventView,
  exportAuditEvents,
  listAuditEvents,
} from '../audit/index.ts'
import type { Row } from '../db/index.ts'
import {
  Envelope,
  guard,
  type HttpDeps,
  PageQuery,
  type RequestOrigin,
  readPage,
  success,
} from '../http/index.ts'

const AuditQuery = PageQuery.extend({ ...AuditFilters.shape, format: AuditFormat })

const keyOf = ({ id }: Row<'auditEvent'>) => [id]

/** Everything that happened. */
export const auditRoutes = (deps: HttpDeps) => {
  const readLog = async (origin: RequestOrigin, query: PageQuery & AuditFilters) => {
    const page = await deps.read(origin, (ctx) =>
      readPage({ cursors: deps.cursors, list: 'audit', query, key: keyOf }, (count, after) =>
        listAuditEvents(
          ctx,
          { scope: 'instance', filters: query },
          { count, after: after && String(after[0]) },
        ),
      ),
    )
    return success(origin, { audit_events: page.rows.map(auditEventView) }, { meta: page.meta })
  }
  return new Elysia({ name: 'admin/audit', prefix: '/api/v1/admin', tags: ['Instance administration'] })
    .use(guard(deps))
    .get(
      '/audit-logs',
      ({ origin, query: { format = 'json', ...query } }) => {
        if (format === 'json') return readLog(origin, query)
        return exportAuditEvents(deps, origin, {
          scope: 'instance',
          filters: AuditFilters.parse(query),
          format,
        })
      },
      {
        instanceAdmin: 'admin:read',
        query: AuditQuery,
        response: { 200: Envelope(z.object({ audit_events: z.array(AuditEvent) })) },
        detail: {
          summary: 'Read or export the audit log of the instance',
          description:
            'Newest first. `format=ndjson` and `format=csv` stream everything that matches as a download, and are recorded.',
          responses: AUDIT_DOWNLOADS,
        },
      },
    )
}
