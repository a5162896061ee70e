/**
 * A person's own account: what they see, change, take along and delete of themselves.
 * Routes: /users/me and what is below it.
 * Invariants: what cannot be undone needs proof that it is the person; a new e-mail address counts only once its
 * mailbox has answered; an API key makes no API keys.
 */
export type { ProfileDeps } from './deps.ts'
export { profile } from './routes.ts'
