import type { Config } from '../config/index.ts'
import type { UnitsOfWork } from '../db/index.ts'
import type { Clock, Log, RandomSource } from '../kernel/index.ts'
import type { Metrics } from '../telemetry/index.ts'
import type { Authenticate } from './caller.ts'
import type { CursorSigner } from './paging.ts'
import type { RateLimits } from './rate-limits.ts'

/** What every capability's routes are closed over. Capabilities that need more say so in their own type. */
export interface HttpDeps extends UnitsOfWork {
  readonly config: Config
  readonly clock: Clock
  readonly random: RandomSource
  readonly log: Log
  readonly metrics: Metrics
  readonly rateLimits: RateLimits
  readonly cursors: CursorSigner
  readonly authenticate: Authenticate
  /** How a user can prove presence again: `webauthn`, `totp`, `backup_code`, or `password` without any of them. */
  readonly stepUpMethods: (userId: string) => Promise<readonly string[]>
}
