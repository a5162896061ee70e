import type { IsLeakedPassword, PasswordHasher } from '../credentials/index.ts'
import type { HttpDeps } from '../http/index.ts'
import { base64url, sha256 } from '../kernel/index.ts'
import type { Kv } from '../kv/index.ts'
import type { NormalizedEmail } from '../users/index.ts'

export interface AuthenticationDeps extends HttpDeps {
  readonly kv: Kv
  readonly hasher: PasswordHasher
  readonly isLeakedPassword: IsLeakedPassword
}

/**
 * What attempts on an address are counted under, whether or not it is somebody's: counting only those that
 * exist would tell which do. Hashed, because the store of short-lived state is no place for addresses.
 */
export const accountKey = (email: NormalizedEmail): string => `account:${base64url(sha256(email))}`
