import type { Config } from './config/index.ts'
import { createApp } from './app.ts'
import { createUnitsOfWork, migrate, openDatabase } from './db/index.ts'
import { createCursorSigner, createRateLimits } from './http/index.ts'
import { systemClock, systemRandom, utf8 } from './kernel/index.ts'
import { createKeyring } from './keys/index.ts'
import { openKv } from './kv/index.ts'
import { createAuthenticate } from './sessions/index.ts'
import { createLogger, createMetrics } from './telemetry/index.ts'

export async function startServer(config: Config) {
  const clock = systemClock
  const random = systemRandom
  const log = createLogger(config.log)
  const metrics = createMetrics()
  const database = openDatabase(config.database, random)
  await migrate(database, clock.now())
  const kv = await openKv({ redisUrls: config.redisUrls, clock, log })
  const units = createUnitsOfWork({ database, clock, random, config, keyring: createKeyring(config.encryptionKeys, random) })
  const app = createApp({
    ...units,
    config,
    clock,
    random,
    log,
    metrics,
    rateLimits: createRateLimits(config.rateLimits, kv, metrics),
    cursors: createCursorSigner(config.secretKeys.map((k) => utf8(k))),
    authenticate: createAuthenticate({ ...units, reader: database.reader, clock, log }),
  })
  app.listen({ port: config.port, hostname: config.host })
  return { app, units }
}
