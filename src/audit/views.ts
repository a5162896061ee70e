import type { Row } from '../db/index.ts'
import type { AuditEvent } from './schema.ts'

export const auditEventView = (row: Row<'auditEvent'>): AuditEvent => ({
  id: row.id,
  at: row.at.toISOString(),
  action: row.action,
  outcome: row.outcome,
  reason: row.reason,
  actor: { kind: row.actorKind, id: row.actorId, credential_id: row.credentialId },
  target:
    row.targetType === null || row.targetId === null ? null : { type: row.targetType, id: row.targetId },
  organization_id: row.organizationId,
  address: row.address,
  user_agent: row.userAgent,
  request_id: row.requestId,
  details: row.details,
})

/**
 * The same for the person that the event is about. What somebody else did to them is theirs to know; from
 * where that person did it is not.
 */
export function ownAuditEventView(row: Row<'auditEvent'>, userId: string): AuditEvent {
  const event = auditEventView(row)
  if (row.actorId === null || row.actorId === userId) return event
  return {
    ...event,
    actor: { ...event.actor, credential_id: null },
    address: null,
    user_agent: null,
    request_id: null,
  }
}
