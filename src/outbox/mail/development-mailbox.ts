import type { Clock, Log } from '../../kernel/index.ts'
import type { RenderedMail } from './render.ts'
import type { MailTransport } from './transport.ts'

const KEPT = 100

export interface ReceivedMail extends RenderedMail {
  readonly id: string
  readonly at: Date
}

/** Takes the place of a mail server on a developer's desk and in tests: the last mails, in memory. */
export interface DevelopmentMailbox extends MailTransport {
  /** Newest first. */
  list(): readonly ReceivedMail[]
  find(id: string): ReceivedMail | undefined
}

/** `log` is told each mail with its link, which is a secret: give it in development only. */
export function createDevelopmentMailbox({ clock, log }: { clock: Clock; log?: Log }): DevelopmentMailbox {
  let mails: readonly ReceivedMail[] = []
  return {
    async send(mail, { id }) {
      mails = [{ ...mail, id, at: clock.now() }, ...mails].slice(0, KEPT)
      log?.info('mail.kept', { to: mail.to, subject: mail.subject, link: mail.link })
    },
    list: () => mails,
    find: (id) => mails.find((mail) => mail.id === id),
    close() {},
  }
}
