import { Elysia } from 'elysia'
import { z } from 'zod'
import { AUDIT_DOWNLOADS, AuditEvent } from '../audit/index.ts'
import { Envelope, guard, type HttpDeps } from '../http/index.ts'
import { AuditQuery, answerAuditQuery } from '../organizations/index.ts'

/** Everything that happened. */
export const auditRoutes = (deps: HttpDeps) =>
  new Elysia({ name: 'admin/audit', prefix: '/api/v1/admin', tags: ['Instance administration'] })
    .use(guard(deps))
    .get('/audit-logs', ({ origin, query }) => answerAuditQuery(deps, origin, 'instance', query), {
      instanceAdmin: 'admin:read',
      query: AuditQuery,
      response: { 200: Envelope(z.object({ audit_events: z.array(AuditEvent) })) },
      detail: {
        summary: 'Read or export the audit log of the instance',
        description:
          'Newest first. `format=ndjson` and `format=csv` stream everything that matches as a download, and are recorded.',
        responses: AUDIT_DOWNLOADS,
      },
    })
