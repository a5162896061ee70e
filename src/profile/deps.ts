import type { IsLeakedPassword, PasswordHasher } from '../credentials/index.ts'
import type { HttpDeps } from '../http/index.ts'

export interface ProfileDeps extends HttpDeps {
  readonly hasher: PasswordHasher
  readonly isLeakedPassword: IsLeakedPassword
}
