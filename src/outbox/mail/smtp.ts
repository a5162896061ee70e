import type { Transporter } from 'nodemailer'
import type { SmtpConfig } from '../../config/index.ts'
import { PermanentFailure } from '../failure.ts'
import type { MailTransport } from './transport.ts'

export interface SmtpTimeouts {
  readonly connectMilliseconds: number
  readonly greetingMilliseconds: number
  /** Of silence, once connected. */
  readonly socketMilliseconds: number
}

const TIMEOUTS: SmtpTimeouts = {
  connectMilliseconds: 10_000,
  greetingMilliseconds: 10_000,
  socketMilliseconds: 30_000,
}

export interface SmtpOptions {
  readonly smtp: SmtpConfig
  readonly publicUrl: string
  readonly maxConnections: number
  readonly timeouts?: SmtpTimeouts | undefined
}

/** Sends by SMTP (RFC 5321) over connections that are kept for a while. */
export function smtpTransport({
  smtp,
  publicUrl,
  maxConnections,
  timeouts = TIMEOUTS,
}: SmtpOptions): MailTransport {
  const host = new URL(publicUrl).hostname
  const connect = async (): Promise<Transporter> => {
    const { createTransport } = await import('nodemailer') // at the first mail, not at the start
    return createTransport({
      pool: true,
      maxConnections,
      host: smtp.host,
      port: smtp.port,
      secure: smtp.secure,
      requireTLS: smtp.requireTls,
      ignoreTLS: !smtp.secure && !smtp.requireTls,
      name: host, // else EHLO tells the machine's own name
      ...(smtp.user === undefined ? {} : { auth: { user: smtp.user, pass: smtp.password ?? '' } }),
      connectionTimeout: timeouts.connectMilliseconds,
      greetingTimeout: timeouts.greetingMilliseconds,
      socketTimeout: timeouts.socketMilliseconds,
      maxRequeues: 0, // trying again is the outbox's, which remembers it over a restart
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }
  let transport: Promise<Transporter> | undefined
  return {
    async send({ to, subject, text, html }, { id, createdAt, signal }) {
      try {
        transport ??= connect()
        await (await transport).sendMail({
          // As an object, an address is never parsed: a comma in it cannot make two recipients of one.
          to: { name: '', address: to },
          from: smtp.from,
          subject,
          text,
          html,
          messageId: `<${id}@${host}>`, // the same at every attempt, so that a repeated mail is known as one
          date: createdAt,
          headers: { 'Auto-Submitted': 'auto-generated' }, // RFC 3834 §5: no vacation notes in return
          signal,
        })
      } catch (error) {
        throw isRefused(error) ? new PermanentFailure(error.message, { cause: error }) : error
      }
    },
    close: () => void transport?.then((open) => open.close()),
  }
}

/**
 * True when the server will never take this mail for this person: 5yz to the recipient or the content
 * (RFC 5321 §4.2.1). The same to our sign-in or sender is a setting that an operator can mend meanwhile.
 */
function isRefused(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  const { command, responseCode } = error as { command?: unknown; responseCode?: unknown }
  return (
    (command === 'RCPT TO' || command === 'DATA') && typeof responseCode === 'number' && responseCode >= 500
  )
}
