/**
 * What happened, by whom, from where: append-only rows written in the transaction of what they record, read
 * by organization, by user or all, page by page or as a streamed export. Routes are in organizations, profile
 * and admin: whoever may read a log decides there.
 * Invariant: the program neither updates nor deletes them.
 */
export { AUDIT_ACTIONS, type AuditAction } from './actions.ts'
export { encodeCsvRow } from './csv.ts'
export { type AuditExport, auditBatches, exportAuditEvents, streamOf } from './export.ts'
export { type AuditPage, type AuditScope, listAuditEvents } from './query.ts'
export { type NewAuditEvent, record } from './record.ts'
export { AUDIT_DOWNLOADS, AuditEvent, AuditFilters, AuditFormat } from './schema.ts'
export { auditEventView, ownAuditEventView } from './views.ts'
