/** A real SMTP server on 127.0.0.1 that keeps what it is sent, and misbehaves when told to. */
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

/**
 * `refuse`: answers `code` at that point. `stall`: takes the connection and never answers the content.
 * `drop`: cuts the connection in the middle of the content.
 */
export type SmtpMode =
  | { readonly kind: 'accept' }
  | {
      readonly kind: 'refuse'
      readonly at: 'login' | 'sender' | 'recipient' | 'content'
      readonly code: number
    }
  | { readonly kind: 'stall' }
  | { readonly kind: 'drop' }

export interface SmtpCatcher extends AsyncDisposable {
  readonly port: number
  /** What it has accepted, oldest first. */
  readonly mails: readonly CaughtMail[]
  /** Connections and deliveries that were tried, whatever became of them. */
  readonly counts: { readonly connections: number; readonly deliveries: number }
  behave(mode: SmtpMode): void
}

export interface CaughtMail {
  readonly parsed: ParsedMail
  readonly raw: string
  /** Of the envelope (RFC 5321), which is what counts, not of the headers. */
  readonly recipients: readonly string[]
  readonly isEncrypted: boolean
  readonly user: string | undefined
}

export interface SmtpCatcherOptions {
  /** `offered`: STARTTLS. `implicit`: TLS from the first byte. */
  readonly tls?: { readonly mode: 'offered' | 'implicit'; readonly key: string; readonly cert: string }
  /** Asks for this sign-in. */
  readonly login?: { readonly user: string; readonly password: string }
}

export async function startSmtp({ tls, login }: SmtpCatcherOptions = {}): Promise<SmtpCatcher> {
  const mails: CaughtMail[] = []
  const counts = { connections: 0, deliveries: 0 }
  let mode: SmtpMode = { kind: 'accept' }
  const refusal = (at: Extract<SmtpMode, { kind: 'refuse' }>['at'], about = '') => {
    if (mode.kind !== 'refuse' || mode.at !== at) return undefined
    return Object.assign(new Error(`refused ${about}`), { responseCode: mode.code })
  }

  const server = new SMTPServer({
    logger: false,
    secure: tls?.mode === 'implicit',
    ...(tls ? { key: tls.key, cert: tls.cert } : {}),
    disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
    authOptional: login === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 10,
    onConnect(_session, done) {
      counts.connections++
      done()
    },
    onAuth({ username, password }, _session, done) {
      const isRight = username === login?.user && password === login?.password
      const failure = refusal('login') ?? (isRight ? null : new Error('Wrong name or password'))
      done(failure, failure ? undefined : { user: username })
    },
    onMailFrom: (_address, _session, done) => done(refusal('sender')),
    onRcptTo: ({ address }, _session, done) => done(refusal('recipient', `<${address}>`)),
    onData(stream, session, done) {
      counts.deliveries++
      if (mode.kind === 'drop') {
        for (const connection of server.connections) connection._socket.destroy()
        return
      }
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', async () => {
        if (mode.kind === 'stall') return
        const raw = Buffer.concat(chunks).toString()
        const failure = refusal('content', raw.slice(-200))
        if (failure) return done(failure)
        mails.push({
          parsed: await simpleParser(raw),
          raw,
          recipients: session.envelope.rcptTo.map(({ address }) => address),
          isEncrypted: session.secure,
          user: session.user === undefined ? undefined : String(session.user),
        })
        done()
      })
    },
  })
  server.on('error', () => {}) // of connections that a test cut on purpose
  const { promise: listening, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await listening
  const address = server.server.address()
  if (address === null || typeof address === 'string') throw new Error('The SMTP catcher has no port')

  return {
    port: address.port,
    mails,
    counts,
    behave(next) {
      mode = next
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
