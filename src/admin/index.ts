/**
 * Administration of the whole instance: every user, the whole audit log, the keys that tokens are signed with.
 * Routes: /admin/users, /admin/audit-logs, /admin/signing-keys; all for instance administrators, by session or an API key that has
 * the scopes admin:read and admin:write.
 * Invariants: there is always an active instance administrator; nobody suspends or deletes themselves here.
 */
export { admin } from './routes.ts'
export { SigningKey, SigningKeyRotation } from './signing-key-routes.ts'
