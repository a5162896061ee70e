import { type Database, migrationStatus } from '../db/index.ts'
import type { HttpDeps } from '../http/index.ts'
import { VERSION } from '../kernel/index.ts'
import type { Kv } from '../kv/index.ts'
import type { Mailer } from '../outbox/index.ts'
import { remember, within } from './bounded.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { Check, Health } from './schema.ts'

export interface HealthDeps extends HttpDeps {
  readonly database: Database
  readonly kv: Kv
  readonly mailer: Pick<Mailer, 'status'>
  readonly lifecycle: Lifecycle
}

const REMEMBER_MILLISECONDS = 1_000
const PATIENCE_MILLISECONDS = 2_000

/** What keeps the server from being ready. */
export type Hindrance = 'draining' | 'database' | 'migrations'

export interface Checks {
  health(): Promise<Health>
  /** Undefined: ready. */
  hindrance(): Promise<Hindrance | undefined>
}

/** The answers to the health routes, found out at most once a second whatever the number of askers. */
export function createChecks(deps: HealthDeps): Checks {
  const { kv, mailer, lifecycle } = deps
  const database = remember(REMEMBER_MILLISECONDS, () => lookAtDatabase(deps))
  const cache = remember(REMEMBER_MILLISECONDS, () => kv.ping())
  const askDatabase = () => within(PATIENCE_MILLISECONDS, database(), undefined)
  return {
    async health() {
      const [found, isCacheUp] = await Promise.all([
        askDatabase(),
        within(PATIENCE_MILLISECONDS, cache(), false),
      ])
      const checks: Health['checks'] = {
        database: found ? 'up' : 'down',
        cache: isCacheUp ? 'up' : 'down',
        mail: MAIL[mailer.status()],
      }
      const isDegraded = checks.cache === 'down' || checks.mail === 'down'
      return {
        status: !found ? 'down' : isDegraded ? 'degraded' : 'ok',
        version: VERSION,
        uptime_seconds: lifecycle.uptimeSeconds,
        checks,
      }
    },
    async hindrance() {
      if (lifecycle.isDraining) return 'draining'
      const found = await askDatabase()
      if (!found) return 'database'
      return found.isMigrated ? undefined : 'migrations'
    },
  }
}

/** Rejects when the database is away. A database that was restored under the running server lacks migrations. */
async function lookAtDatabase({ database, metrics }: HealthDeps): Promise<{ isMigrated: boolean }> {
  metrics.databasePing.set((await database.ping()) / 1000)
  return migrationStatus(database).then(
    ({ pending }) => ({ isMigrated: pending.length === 0 }),
    () => ({ isMigrated: false }),
  )
}

const MAIL: Readonly<Record<ReturnType<Mailer['status']>, Check>> = {
  ok: 'up',
  failing: 'down',
  unconfigured: 'off',
  development: 'up',
}
