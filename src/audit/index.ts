/**
 * What happened, by whom, from where: append-only rows written in the transaction of what they record.
 * Invariant: the program neither updates nor deletes them.
 */
export { AUDIT_ACTIONS, type AuditAction } from './actions.ts'
export { type AuditEvent, record } from './record.ts'
