import type { IsLeakedPassword, PasswordHasher } from '../credentials/index.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import type { KeyChain } from './subject.ts'

/** What the endpoints that people come to are closed over: they sign in there. */
export interface InteractionRouteDeps extends AuthorizationServerDeps {
  readonly hasher: PasswordHasher
  readonly isLeakedPassword: IsLeakedPassword
}

export interface InteractionDeps extends InteractionRouteDeps {
  readonly keyChain: KeyChain
}
