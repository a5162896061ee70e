import { type Config, loadConfig } from '../../src/config/index.ts'
import { createUnitsOfWork, type ReadCtx, type WriteCtx } from '../../src/db/index.ts'
import { type Log, ManualClock, SYSTEM, systemRandom } from '../../src/kernel/index.ts'
import { createKeyring } from '../../src/keys/index.ts'
import { createMailer } from '../../src/outbox/index.ts'
import type { SmtpTimeouts } from '../../src/outbox/mail/smtp.ts'
import { createOutboxWorker, type OutboxWorkerDeps } from '../../src/outbox/worker.ts'
import { createMetrics } from '../../src/telemetry/index.ts'
import { type TestDialect, testDialects } from '../support/databases.ts'

export interface OutboxOptions {
  /** SQLite unless said otherwise. */
  readonly dialect?: TestDialect
  readonly env?: Record<string, string>
  readonly smtpTimeouts?: SmtpTimeouts
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: Record<string, unknown>
}

const KEYS = {
  SECRET_KEY: 'test-only-4fK9vQ2mXz7LpR1sT8wY3bN6cJ5hG0dE',
  ENCRYPTION_KEY: 'test-only-Zq8Wn3Vc6Rb1Ty5Um0Ki7Lo2Pj4Hg9Fd',
}

/** An outbox on a fresh database, with a clock that stands still, a worker that runs when told to, and its log. */
export async function testOutbox({ dialect = testDialects[0], env = {}, smtpTimeouts }: OutboxOptions = {}) {
  if (!dialect) throw new Error('No database to test on')
  const opened = await dialect.open()
  const clock = new ManualClock('2030-01-01T00:00:00Z')
  const config: Config = loadConfig({ env: { NODE_ENV: 'test', ...KEYS, ...env }, envFile: false })
  const keyring = createKeyring(config.encryptionKeys, systemRandom)
  const metrics = createMetrics()
  const lines: LogLine[] = []
  const log = recordingLog(lines)
  const units = createUnitsOfWork({
    database: opened.database,
    clock,
    random: systemRandom,
    config,
    keyring,
  })
  const origin = { actor: SYSTEM, log }
  const mailer = createMailer({ config, clock, log, ...(smtpTimeouts ? { smtpTimeouts } : {}) })
  const workers: ReturnType<typeof createOutboxWorker>[] = []

  /** Another worker on the same database, as another process would have. */
  const worker = (options: Partial<OutboxWorkerDeps> = {}) => {
    const made = createOutboxWorker({
      ...units,
      handlers: mailer.handlers,
      keyring,
      log,
      metrics,
      drainMilliseconds: 100,
      ...options,
    })
    workers.push(made)
    return made
  }

  return {
    units,
    clock,
    config,
    keyring,
    metrics,
    mailer,
    lines,
    log,
    worker,
    read: <T>(body: (ctx: ReadCtx) => Promise<T>) => units.read(origin, body),
    write: <T>(body: (ctx: WriteCtx) => Promise<T>) => units.write(origin, body),
    rows: () =>
      units.read(origin, async ({ reader }) =>
        reader.select().from(reader.t.outboxMessage).orderBy(reader.t.outboxMessage.id),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((made) => made.stop()))
      mailer.close()
      await opened[Symbol.asyncDispose]()
    },
  }
}

export type TestOutbox = Awaited<ReturnType<typeof testOutbox>>

function recordingLog(lines: LogLine[]): Log {
  const at =
    (level: LogLine['level']) =>
    (event: string, fields: Record<string, unknown> = {}) => {
      lines.push({ level, event, fields })
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
