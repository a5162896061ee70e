import { describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enqueueMail, type Mail } from '../../src/outbox/index.ts'
import { type SmtpCatcherOptions, type SmtpMode, startSmtp } from '../support/smtp.ts'
import { type OutboxOptions, type TestOutbox, testOutbox } from './fixture.ts'

const RESET: Mail = {
  kind: 'reset_password',
  to: 'bob@acme-corp.com',
  locale: null,
  token: 'a2p_secret-token',
}
const TIMEOUTS = { connectMilliseconds: 300, greetingMilliseconds: 300, socketMilliseconds: 300 }

/** An outbox that sends to a catcher of its own. */
async function mailing(options: OutboxOptions & { readonly catcher?: SmtpCatcherOptions } = {}) {
  const smtp = await startSmtp(options.catcher)
  const t = await testOutbox({
    env: {
      SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
      PUBLIC_URL: 'https://id.example.com',
      ...options.env,
    },
    smtpTimeouts: TIMEOUTS,
  })
  return {
    smtp,
    t,
    worker: t.worker(),
    async [Symbol.asyncDispose]() {
      await t[Symbol.asyncDispose]()
      await smtp[Symbol.asyncDispose]()
    },
  }
}

const send = (t: TestOutbox, mail: Mail = RESET) => t.write((ctx) => enqueueMail(ctx, mail))

/** Until the next attempt is due. */
async function wait(t: TestOutbox): Promise<void> {
  const [row] = await t.rows()
  if (row) t.clock.set(row.nextAttemptAt)
}

describe('a mail', () => {
  test('arrives with a text and an HTML part that carry the same link and code', async () => {
    await using m = await mailing()
    await send(m.t)
    await m.worker.runOnce()
    expect(m.smtp.mails).toHaveLength(1)
    const { parsed, recipients } = m.smtp.mails[0] ?? never()
    const link = 'https://id.example.com/reset-password?token=a2p_secret-token'
    expect(recipients).toEqual(['bob@acme-corp.com'])
    expect(parsed.subject).toBe('Choose a new password')
    expect(parsed.from?.text).toBe('"Authy2" <no-reply@id.example.com>')
    expect(parsed.text).toContain(`${link}\n`)
    expect(parsed.text).toContain('\na2p_secret-token\n')
    expect(parsed.html).toContain(`href="${link}"`)
    expect(parsed.html).toContain('>a2p_secret-token<')
    expect(parsed.attachments).toEqual([])
    expect(m.t.mailer.status()).toBe('ok')
  })

  test('says that a program sent it, when it was caused, and not what machine sent it', async () => {
    await using m = await mailing()
    await send(m.t)
    m.t.clock.advance(5)
    await m.worker.runOnce()
    const { parsed, raw } = m.smtp.mails[0] ?? never()
    expect(parsed.headers.get('auto-submitted')).toBe('auto-generated')
    expect(parsed.date).toEqual(new Date('2030-01-01T00:00:00Z'))
    expect(raw).not.toContain('X-Mailer')
    expect(raw).toContain('@id.example.com>')
  })

  test('carries the same Message-ID when it is sent again, and another one carries another', async () => {
    await using m = await mailing()
    await send(m.t)
    const [row] = await m.t.rows()
    if (!row) throw new Error('A row was written')
    await m.worker.runOnce()
    // A process that died between the server's answer and the commit leaves the row as it was.
    await m.t.write(({ tx }) => tx.insert(tx.t.outboxMessage).values(row))
    await send(m.t)
    await m.worker.runOnce()
    const ids = m.smtp.mails.map(({ parsed }) => parsed.messageId)
    expect(ids).toHaveLength(3)
    expect(ids.filter((id) => id === `<${row.id}@id.example.com>`)).toHaveLength(2)
    expect(new Set(ids).size).toBe(2)
  })

  test('goes to one address, whatever that address contains', async () => {
    await using m = await mailing()
    await send(m.t, { ...RESET, to: 'a@example.com, eve@evil.example' })
    await send(m.t, { ...RESET, to: 'bob@example.com\r\nBcc: eve@evil.example' })
    await m.worker.runOnce()
    const recipients = m.smtp.mails.flatMap((mail) => mail.recipients)
    expect(recipients).not.toContain('eve@evil.example')
    expect(m.smtp.mails.every(({ parsed }) => parsed.bcc === undefined && parsed.cc === undefined)).toBe(true)
  })

  test('has no header that a name could smuggle in', async () => {
    await using m = await mailing()
    await send(m.t, {
      kind: 'invite',
      to: 'bob@acme-corp.com',
      locale: null,
      token: 'a2i_x',
      organizationName: 'Acme\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script>',
      inviterName: 'Carol\nX-Evil: yes',
      role: 'member',
      expiresAt: '2030-01-08T00:00:00.000Z',
    })
    await m.worker.runOnce()
    const { parsed, recipients } = m.smtp.mails[0] ?? never()
    expect(recipients).toEqual(['bob@acme-corp.com'])
    expect([...parsed.headers.keys()].toSorted()).toEqual(
      [
        'auto-submitted',
        'content-type',
        'date',
        'from',
        'message-id',
        'mime-version',
        'subject',
        'to',
      ].toSorted(),
    )
    expect(parsed.subject).toBe('Invitation to Acme Bcc: eve@evil.example <script>alert(1)</script>')
    expect(parsed.html).not.toContain('<script')
  })

  test('to an address and from a name outside ASCII arrives as written', async () => {
    await using m = await mailing({ env: { SMTP_FROM: 'Müller & Söhne <post@id.example.com>' } })
    await send(m.t, { ...RESET, to: 'bob@bücher.example', locale: 'de-AT' })
    await m.worker.runOnce()
    const { parsed, recipients } = m.smtp.mails[0] ?? never()
    expect(recipients).toEqual(['bob@bücher.example'])
    expect(parsed.from?.value[0]?.name).toBe('Müller & Söhne')
    expect(parsed.subject).toBe('Wählen Sie ein neues Passwort')
  })

  test('leaves a connection open for the next one', async () => {
    await using m = await mailing()
    for (let n = 0; n < 3; n++) {
      await send(m.t)
      await m.worker.runOnce()
    }
    expect(m.smtp.counts).toEqual({ connections: 1, deliveries: 3 })
  })
})

describe('a mail server that', () => {
  const passing: readonly (readonly [string, SmtpMode])[] = [
    ['refuses for now', { kind: 'refuse', at: 'recipient', code: 451 }],
    ['refuses the content for now', { kind: 'refuse', at: 'content', code: 452 }],
    ['does not want our sender', { kind: 'refuse', at: 'sender', code: 550 }],
    ['never answers', { kind: 'stall' }],
    ['hangs up', { kind: 'drop' }],
  ]
  test.each(passing)('%s and then recovers gets the mail later, once', async (_, mode) => {
    await using m = await mailing()
    m.smtp.behave(mode)
    await send(m.t)
    await m.worker.runOnce()
    expect(await m.t.rows()).toMatchObject([{ status: 'pending', attempts: 1 }])
    expect(m.t.mailer.status()).toBe('failing')
    m.smtp.behave({ kind: 'accept' })
    await wait(m.t)
    await m.worker.runOnce()
    expect(m.smtp.mails).toHaveLength(1)
    expect(await m.t.rows()).toEqual([])
    expect(m.t.mailer.status()).toBe('ok')
  })

  const final: readonly (readonly [string, SmtpMode])[] = [
    ['does not know the recipient', { kind: 'refuse', at: 'recipient', code: 550 }],
    ['will not have the content', { kind: 'refuse', at: 'content', code: 554 }],
  ]
  test.each(final)('%s is not asked again, and works for others', async (_, mode) => {
    await using m = await mailing()
    m.smtp.behave(mode)
    await send(m.t)
    await m.worker.runOnce()
    expect(await m.t.rows()).toMatchObject([{ status: 'dead', attempts: 1 }])
    expect(m.t.mailer.status()).toBe('ok')
    m.smtp.behave({ kind: 'accept' })
    await send(m.t, { ...RESET, to: 'carol@acme-corp.com' })
    await m.worker.runOnce()
    expect(m.smtp.mails.map(({ recipients }) => recipients)).toEqual([['carol@acme-corp.com']])
  })

  test('quotes what it refuses gives away neither token nor address', async () => {
    await using m = await mailing()
    m.smtp.behave({ kind: 'refuse', at: 'recipient', code: 550 })
    await send(m.t)
    await m.worker.runOnce()
    const said = JSON.stringify([await m.t.rows(), m.t.lines])
    expect(said).toContain('550 refused')
    expect(said).not.toContain('bob@acme-corp.com')
    expect(said).not.toContain('secret-token')
  })

  test('nobody can reach gets the mail when it is back', async () => {
    const gone = await startSmtp()
    await gone[Symbol.asyncDispose]()
    await using t = await testOutbox({ env: { SMTP_URL: `smtp://127.0.0.1:${gone.port}` } })
    const worker = t.worker()
    await send(t)
    await worker.runOnce()
    expect(await t.rows()).toMatchObject([{ status: 'pending', attempts: 1 }])
    expect((await t.rows())[0]?.lastError).toContain('ECONNREFUSED')
    expect(t.mailer.status()).toBe('failing')
  })

  test('asks for a sign-in gets it', async () => {
    const login = { user: 'authy2', password: 'mail-password' }
    await using m = await mailing({ catcher: { login } })
    await using signed = await testOutbox({
      env: { SMTP_URL: `smtp://authy2:mail-password@127.0.0.1:${m.smtp.port}` },
    })
    await send(signed)
    await signed.worker().runOnce()
    expect(m.smtp.mails[0]?.user).toBe('authy2')
  })

  test('does not believe our sign-in is asked again, since an operator can mend that', async () => {
    await using m = await mailing({ catcher: { login: { user: 'authy2', password: 'another' } } })
    await using signed = await testOutbox({
      env: { SMTP_URL: `smtp://authy2:mail-password@127.0.0.1:${m.smtp.port}` },
    })
    await send(signed)
    await signed.worker().runOnce()
    expect(await signed.rows()).toMatchObject([{ status: 'pending', attempts: 1 }])
    expect(JSON.stringify([await signed.rows(), signed.lines])).not.toContain('mail-password')
  })
})

describe('encryption to the mail server', () => {
  test('that is required and not offered ends the attempt before anything is said', async () => {
    await using m = await mailing({ env: { SMTP_TLS: 'starttls' } })
    await send(m.t)
    await m.worker.runOnce()
    expect(m.smtp.mails).toEqual([])
    expect(m.smtp.counts.deliveries).toBe(0)
    expect(await m.t.rows()).toMatchObject([{ status: 'pending', attempts: 1 }])
  })

  const openssl = Bun.which('openssl')
  describe.skipIf(openssl === null).each([
    ['from the first byte', 'implicit', 'smtps', 'tls'],
    ['by STARTTLS', 'offered', 'smtp', 'starttls'],
  ] as const)('%s', (_, mode, scheme, wanted) => {
    test('is refused when nobody vouches for the server', async () => {
      await using certificate = await selfSigned()
      await using smtp = await startSmtp({ tls: { mode, ...certificate } })
      await using t = await testOutbox({
        env: { SMTP_URL: `${scheme}://127.0.0.1:${smtp.port}`, SMTP_TLS: wanted },
      })
      await send(t)
      await t.worker().runOnce()
      expect(smtp.mails).toEqual([])
      expect(await t.rows()).toMatchObject([{ status: 'pending', attempts: 1 }])
      expect((await t.rows())[0]?.lastError).toMatch(/certificate|self.signed/i)
    })

    test('is used with a server whose certificate is trusted', async () => {
      await using certificate = await selfSigned()
      await using smtp = await startSmtp({ tls: { mode, ...certificate } })
      const sender = Bun.spawn(
        [
          process.execPath,
          join(import.meta.dir, 'send-one.ts'),
          `${scheme}://127.0.0.1:${smtp.port}`,
          wanted,
        ],
        { env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate.file }, stdout: 'pipe', stderr: 'inherit' },
      )
      expect((await sender.stdout.text()).trim()).toBe('sent')
      expect(smtp.mails[0]?.isEncrypted).toBe(true)
    })
  })

  /** A certificate for 127.0.0.1 that is its own authority. */
  async function selfSigned() {
    const folder = await mkdtemp(join(tmpdir(), 'authy2-smtp-'))
    const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const made = Bun.spawn(
      [
        openssl ?? 'openssl',
        ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1'.split(
          ' ',
        ),
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', file],
      ],
      { stderr: 'ignore' },
    )
    await made.exited
    return {
      file,
      key: await Bun.file(keyFile).text(),
      cert: await Bun.file(file).text(),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    }
  }
})

function never(): never {
  throw new Error('No mail has arrived')
}
