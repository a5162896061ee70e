import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Config, SmtpConfig } from '../../config/index.ts'
import { silentLog, systemClock } from '../../kernel/index.ts'
import { openKv } from '../../kv/index.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const SMTP_MILLISECONDS = 5_000

export async function examineCache({ redisUrls }: Config): Promise<Finding[]> {
  if (redisUrls.length === 0) return [ok('cache', 'in the process')]
  const kv = await openKv({ redisUrls, clock: systemClock, log: silentLog })
  try {
    if (await kv.ping()) return [ok('cache', 'Redis answers')]
    return [
      fail('cache', 'Redis does not answer', 'check REDIS_URL; until then every process counts for itself'),
    ]
  } finally {
    await kv.close()
  }
}

/** Connects, with the encryption that is asked for, and hangs up: nobody is written to. */
export async function examineMail({ smtp, environment }: Config): Promise<Finding[]> {
  if (!smtp) {
    return environment === 'production'
      ? [warn('mail', 'is not sent: nobody can reset a password', 'set SMTP_URL')]
      : [ok('mail', 'kept at /dev/mail')]
  }
  const where = `${smtp.host}:${smtp.port}`
  try {
    await greet(smtp)
    return [ok('mail', `${where} answers`)]
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [fail('mail', `${where}: ${reason}`, 'check SMTP_URL, SMTP_TLS and the way to the mail server')]
  }
}

function greet(smtp: SmtpConfig): Promise<void> {
  const connection = new SMTPConnection({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.secure,
    requireTLS: smtp.requireTls,
    ignoreTLS: !smtp.requireTls,
    connectionTimeout: SMTP_MILLISECONDS,
    greetingTimeout: SMTP_MILLISECONDS,
    socketTimeout: SMTP_MILLISECONDS,
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  connection.once('error', reject)
  connection.connect((error) => (error ? reject(error) : resolve()))
  return promise.finally(() => connection.quit())
}
