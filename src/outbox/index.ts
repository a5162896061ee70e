/**
 * What happens after a commit, because of it: mail now, webhooks and back-channel calls later.
 * Invariants: a message exists exactly when its transaction committed; it is delivered at least once or
 * ends as a dead letter that somebody can see; its payload is sealed at rest.
 */
export { enqueueMail } from './enqueue.ts'
export type { Mail, MailKind } from './mail.ts'
