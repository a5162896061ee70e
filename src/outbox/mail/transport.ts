import type { Delivery } from '../message.ts'
import type { RenderedMail } from './render.ts'

/** Where rendered mails go. */
export interface MailTransport {
  /** Throws a PermanentFailure for a mail that will never be taken. */
  send(mail: RenderedMail, delivery: Delivery): Promise<void>
  close(): void
}
