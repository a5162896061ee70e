import { integer, mailbox, oneOf, text } from '../formats.ts'
import { smtpUrl } from '../urls.ts'
import type { Variable } from './variable.ts'

export const mail = {
  SMTP_URL: {
    format: smtpUrl,
    secret: 'url',
    unset: 'mail is kept under /dev/mail in development, and not sent in production',
    example: 'smtps://user:password@smtp.example.com',
    description: 'The mail server in one line; instead of the next four.',
  },
  SMTP_HOST: { format: text, example: 'smtp.example.com', description: 'The mail server.' },
  SMTP_PORT: {
    format: integer(1, 65_535),
    unset: '465 with tls, else 587',
    example: '587',
    description: 'Its port.',
  },
  SMTP_USER: { format: text, example: 'authy2', description: 'User name at the mail server.' },
  SMTP_PASSWORD: {
    format: text,
    secret: 'whole',
    example: 'replace-with-the-mail-password',
    description: 'Password at the mail server.',
  },
  SMTP_TLS: {
    format: oneOf('none', 'starttls', 'tls'),
    unset: 'tls for smtps:// and port 465, none for a server on this machine, else starttls',
    example: 'starttls',
    description: 'Encryption to the mail server. What is asked for is required, never negotiated away.',
  },
  SMTP_FROM: {
    format: mailbox,
    default: {
      text: 'Authy2 <no-reply@host of PUBLIC_URL>',
      from: ({ PUBLIC_URL }) => `Authy2 <no-reply@${new URL(PUBLIC_URL).hostname}>`,
    },
    example: 'Authy2 <no-reply@example.com>',
    description: 'Sender of every mail.',
  },
} satisfies Record<string, Variable>
