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

/** What happened in an organization, for its administrators. */
export const organizationAudit = (deps: HttpDeps) => {
  const readLog = async (origin: RequestOrigin, organizationId: string, query: PageQuery & AuditFilters) => {
    const page = await deps.read(origin, (ctx) =>
      readPage(
        { cursors: deps.cursors, list: `audit:${organizationId}`, query, key: keyOf },
        (count, after) =>
          listAuditEvents(
            ctx,
            { scope: { organizationId }, filters: query },
            { count, after: after && String(after[0]) },
          ),
      ),
    )
    return success(origin, { audit_events: page.rows.map(auditEventView) }, { meta: page.meta })
  }
  return new Elysia({ name: 'organization-audit', prefix: '/api/v1/organizations', tags: ['Organizations'] })
    .use(guard(deps))
    .get(
      '/:id/audit-logs',
      ({ origin, membership, query: { format = 'json', ...query } }) => {
        if (format === 'json') return readLog(origin, membership.organizationId, query)
        return exportAuditEvents(deps, origin, {
          scope: { organizationId: membership.organizationId },
          filters: AuditFilters.parse(query),
          format,
        })
      },
      {
        admin: 'audit:read',
        query: AuditQuery,
        response: { 200: Envelope(z.object({ audit_events: z.array(AuditEvent) })) },
        detail: {
          summary: 'Read or export the audit log of an organization',
          description:
            'Newest first. `format=ndjson` and `format=csv` stream everything that matches as a download, and are recorded.',
          responses: AUDIT_DOWNLOADS,
        },
      },
    )
}
