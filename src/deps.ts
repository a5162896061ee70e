import {
  backChannelLogout,
  createDpopProofs,
  createFindAccessToken,
  type DpopProofs,
} from './authorization-server/index.ts'
import { type ClientRegistry, createClientRegistry } from './clients/index.ts'
import type { Config } from './config/index.ts'
import {
  createPasswordHasher,
  createPwnedCheck,
  type IsLeakedPassword,
  type PasswordHasher,
  secondFactorMethods,
  secondFactorsOf,
} from './credentials/index.ts'
import { createUnitsOfWork, type Database } from './db/index.ts'
import { Lifecycle } from './health/index.ts'
import { createCursorSigner, createRateLimits, type HttpDeps } from './http/index.ts'
import { createJobRunner, JOBS, type JobRunner } from './jobs/index.ts'
import { type Clock, type Keyring, type Log, type RandomSource, SYSTEM } from './kernel/index.ts'
import { createKeyring, createSigningKeys, deriveKey, type SigningKeys } from './keys/index.ts'
import type { Kv } from './kv/index.ts'
import { createOutbound, type Outbound } from './outbound/index.ts'
import { createMailer, createOutboxWorker, type Mailer, type OutboxWorker } from './outbox/index.ts'
import { policiesHandler } from './policies/index.ts'
import { createAuthenticate } from './sessions/index.ts'
import { createMetrics } from './telemetry/index.ts'

/** What only the process that starts the app can give. */
export interface Surroundings {
  readonly config: Config
  readonly database: Database
  readonly kv: Kv
  readonly clock: Clock
  readonly random: RandomSource
  readonly log: Log
  readonly hasher?: PasswordHasher
  /** In place of one that reaches what OUTBOUND_ALLOW says. */
  readonly outbound?: Outbound
}

/** What the capabilities are closed over; each names in its own type the part that it uses. */
export interface Deps extends HttpDeps {
  readonly database: Database
  readonly kv: Kv
  readonly keyring: Keyring
  readonly signingKeys: SigningKeys
  readonly outbound: Outbound
  readonly clients: ClientRegistry
  readonly dpopProofs: DpopProofs
  readonly hasher: PasswordHasher
  readonly isLeakedPassword: IsLeakedPassword
  readonly mailer: Mailer
  readonly outbox: OutboxWorker
  readonly jobs: JobRunner
  readonly lifecycle: Lifecycle
}

export function createDeps(surroundings: Surroundings): Deps {
  const { config, database, kv, clock, random, log } = surroundings
  const metrics = createMetrics()
  const keyring = createKeyring(config.encryptionKeys, random)
  const units = createUnitsOfWork({ database, clock, random, config, keyring })
  const outbound = surroundings.outbound ?? createOutbound({ allow: config.outboundAllow })
  const signingKeys = createSigningKeys({ ...units, clock, keyring, log })
  const clients = createClientRegistry({
    ...units,
    reader: database.reader,
    config,
    clock,
    keyring,
    log,
    outbound,
  })
  const mailer = createMailer({ config, clock, log })
  const dpopProofs = createDpopProofs({ config, clock, kv })
  return {
    ...units,
    config,
    database,
    kv,
    clock,
    random,
    log,
    metrics,
    keyring,
    signingKeys,
    outbound,
    clients,
    hasher: surroundings.hasher ?? defaultHasher(config, metrics),
    isLeakedPassword: leakCheck(config, metrics),
    mailer,
    outbox: createOutboxWorker({
      ...units,
      handlers: {
        ...mailer.handlers,
        policies: policiesHandler({ ...units, log }),
        back_channel: backChannelLogout({ ...units, log, clock, config, clients, signingKeys, outbound }),
      },
      keyring,
      log,
      metrics,
    }),
    jobs: createJobRunner({ ...units, clock, log, metrics }, JOBS),
    lifecycle: new Lifecycle(),
    rateLimits: createRateLimits(config.rateLimits, kv, metrics),
    cursors: createCursorSigner(config.secretKeys.map((secret) => deriveKey(secret, 'authy2 cursor'))),
    dpopProofs,
    authenticate: createAuthenticate({
      ...units,
      reader: database.reader,
      clock,
      log,
      findAccessToken: createFindAccessToken({ config, clock, reader: database.reader, clients }, dpopProofs),
    }),
    stepUpMethods: (userId) =>
      units.read({ actor: SYSTEM, log }, async (ctx) => {
        const methods = secondFactorMethods(await secondFactorsOf(ctx, userId))
        return methods.length > 0 ? methods : ['password']
      }),
  }
}

function defaultHasher({ password }: Config, metrics: ReturnType<typeof createMetrics>): PasswordHasher {
  return createPasswordHasher({
    algorithm: password.hash,
    bcryptLogRounds: password.bcryptLogRounds,
    queueLimit: password.hashQueueLimit,
    onDepth(waiting, running) {
      metrics.hashWaiting.set(waiting)
      metrics.hashRunning.set(running)
    },
  })
}

function leakCheck({ password }: Config, metrics: ReturnType<typeof createMetrics>): IsLeakedPassword {
  if (!password.pwnedCheck) return async () => false
  return createPwnedCheck({ fetch, onOutcome: (outcome) => metrics.pwnedChecks.inc({ outcome }) })
}
