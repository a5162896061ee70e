/**
 * A process of its own that sends one mail, because whom to trust is read when a process starts:
 *   `send-one.ts SMTP_URL SMTP_TLS` prints `sent`, or why not
 */
import { loadConfig } from '../../src/config/index.ts'
import { smtpTransport } from '../../src/outbox/mail/smtp.ts'

const [url = '', tls = ''] = process.argv.slice(2)
const publicUrl = 'https://id.example.com'
const { smtp } = loadConfig({
  env: { NODE_ENV: 'test', SMTP_URL: url, SMTP_TLS: tls, PUBLIC_URL: publicUrl },
  envFile: false,
})
if (!smtp) throw new Error('SMTP_URL was given')
const transport = smtpTransport({ smtp, publicUrl, maxConnections: 1 })
try {
  await transport.send(
    {
      kind: 'suspended',
      to: 'bob@acme-corp.com',
      subject: 'Hello',
      text: 'Hello',
      html: '<p>Hello</p>',
      link: undefined,
    },
    {
      id: '01970000-0000-7000-8000-000000000000',
      kind: 'mail.suspended',
      payload: undefined,
      createdAt: new Date('2030-01-01T00:00:00Z'),
      signal: AbortSignal.timeout(5_000),
    },
  )
  console.log('sent')
} catch (error) {
  console.log(String(error))
} finally {
  transport.close()
}
