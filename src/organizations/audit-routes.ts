import { Elysia } from 'elysia'
import { z } from 'zod'
import { AUDIT_DOWNLOADS, AuditEvent } from '../audit/index.ts'
import { Envelope, guard, type HttpDeps } from '../http/index.ts'
import { AuditQuery, answerAuditQuery } from './audit-answer.ts'

/** What happened in an organization, for its administrators. */
export const organizationAudit = (deps: HttpDeps) =>
  new Elysia({ name: 'organization-audit', prefix: '/api/v1/organizations', tags: ['Organizations'] })
    .use(guard(deps))
    .get(
      '/:id/audit-logs',
      ({ origin, membership: { organizationId }, query }) =>
        answerAuditQuery(deps, origin, { organizationId }, query),
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
