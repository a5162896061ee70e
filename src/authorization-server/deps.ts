import type { ClientRegistry } from '../clients/index.ts'
import type { HttpDeps } from '../http/index.ts'
import type { SigningKeys } from '../keys/index.ts'
import type { Kv } from '../kv/index.ts'

/** What the endpoints of applications are closed over. */
export interface AuthorizationServerDeps extends HttpDeps {
  readonly kv: Kv
  readonly signingKeys: SigningKeys
  readonly clients: ClientRegistry
}
