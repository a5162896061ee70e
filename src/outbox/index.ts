/**
 * What happens after a commit, because of it: mail now, webhooks and back-channel calls later.
 * Routes: /admin/outbox/dead-letters, for instance administrators; /dev/mail, where mails are kept in memory instead
 * of sent.
 * Invariants: a message exists exactly when its transaction committed; it is delivered at least once or
 * ends as a dead letter that somebody can see; its payload is sealed at rest.
 */
export { deadLetters, UndeliveredMessage } from './dead-letter-routes.ts'
export { countMessages, type DeadLetter, listDead, retryDead } from './dead-letters.ts'
export { enqueue, enqueueMail, pretendToEnqueueMail } from './enqueue.ts'
export { describeFailure, PermanentFailure } from './failure.ts'
export type { DevelopmentMailbox, ReceivedMail } from './mail/development-mailbox.ts'
export type { Mail, MailKind, MfaChange } from './mail/mail.ts'
export { createMailer, type Mailer, type MailStatus } from './mail/mailer.ts'
export { type Delivery, type OutboxHandler, type OutboxHandlers, openPayload } from './message.ts'
export { developmentMailbox } from './routes.ts'
export { createOutboxWorker, type OutboxWorker } from './worker.ts'
