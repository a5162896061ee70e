import type { Config, SmtpConfig } from '../../config/index.ts'
import type { Clock, Log } from '../../kernel/index.ts'
import { PermanentFailure } from '../failure.ts'
import type { OutboxHandler, OutboxHandlers } from '../message.ts'
import { OUTBOX_CONCURRENCY } from '../worker.ts'
import { createDevelopmentMailbox, type DevelopmentMailbox } from './development-mailbox.ts'
import { Mail } from './mail.ts'
import { renderMail } from './render.ts'
import { type SmtpTimeouts, smtpTransport } from './smtp.ts'
import type { MailTransport } from './transport.ts'

/** `failing`: the last attempt failed for a reason that is not its recipient's. */
export type MailStatus = 'ok' | 'failing' | 'unconfigured' | 'development'

export interface Mailer {
  /** For the worker; none where there is nowhere to send to, so that mails wait. */
  readonly handlers: OutboxHandlers
  /** In place of a mail server, in development and tests. */
  readonly mailbox: DevelopmentMailbox | undefined
  status(): MailStatus
  /** Ends its connections; after the worker has stopped. */
  close(): void
}

export interface MailerDeps {
  readonly config: Pick<Config, 'environment' | 'publicUrl' | 'smtp'>
  readonly clock: Clock
  readonly log: Log
  readonly smtpTimeouts?: SmtpTimeouts
}

/** By SMTP where a server is configured; else into a mailbox in memory, or in production not at all yet. */
export function createMailer(deps: MailerDeps): Mailer {
  const { environment, smtp } = deps.config
  if (smtp) return smtpMailer(deps, smtp)
  return environment === 'production' ? waitingMailer(deps) : developmentMailer(deps)
}

function smtpMailer({ config: { publicUrl }, smtpTimeouts }: MailerDeps, smtp: SmtpConfig): Mailer {
  const maxConnections = OUTBOX_CONCURRENCY
  const transport = smtpTransport({ smtp, publicUrl, maxConnections, timeouts: smtpTimeouts })
  const deliver = handlerOver(transport, publicUrl)
  let isFailing = false
  return {
    handlers: {
      async mail(delivery) {
        try {
          await deliver(delivery)
          isFailing = false
        } catch (error) {
          isFailing = !(error instanceof PermanentFailure)
          throw error
        }
      },
    },
    mailbox: undefined,
    status: () => (isFailing ? 'failing' : 'ok'),
    close: () => transport.close(),
  }
}

function waitingMailer({ log }: MailerDeps): Mailer {
  log.warn('mail.unconfigured', { hint: 'Set SMTP_URL. Until then mails wait in the outbox.' })
  return { handlers: {}, mailbox: undefined, status: () => 'unconfigured', close() {} }
}

function developmentMailer({ config: { environment, publicUrl }, clock, log }: MailerDeps): Mailer {
  const mailbox = createDevelopmentMailbox({ clock, ...(environment === 'development' ? { log } : {}) })
  return {
    handlers: { mail: handlerOver(mailbox, publicUrl) },
    mailbox,
    status: () => 'development',
    close() {},
  }
}

const handlerOver =
  (transport: MailTransport, publicUrl: string): OutboxHandler =>
  async (delivery) => {
    const mail = Mail.safeParse(delivery.payload)
    if (!mail.success) throw new PermanentFailure('The payload is not a mail that this version knows.')
    await transport.send(renderMail(mail.data, publicUrl), delivery)
  }
