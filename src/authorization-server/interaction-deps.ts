import type { IsLeakedPassword, PasswordHasher } from '../credentials/index.ts'
import type { BrowserPages } from './browser-pages.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import type { KeyChain } from './subject.ts'

/** What the endpoints that people come to are closed over: they sign in there. */
export interface InteractionRouteDeps extends AuthorizationServerDeps {
  readonly hasher: PasswordHasher
  readonly isLeakedPassword: IsLeakedPassword
}

/** What draws the pages that the endpoints for browsers answer with ranks above them. */
export interface BrowserEndpointDeps extends InteractionDeps {
  readonly pages: BrowserPages
}

export interface InteractionDeps extends InteractionRouteDeps {
  readonly keyChain: KeyChain
}
