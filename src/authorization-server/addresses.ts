import type { Config } from '../config/index.ts'
import { API_METADATA_PATH } from '../http/index.ts'

/** Where each endpoint is, below the issuer. */
export const PATHS = {
  authorization: '/oidc/authorize',
  pushedAuthorization: '/oidc/par',
  token: '/oidc/token',
  userinfo: '/oidc/userinfo',
  jwks: '/oidc/jwks',
  /** Of the issuer itself as a resource, which is where userinfo is. RFC 9728 §3.1 */
  issuerMetadata: '/.well-known/oauth-protected-resource',
  apiMetadata: API_METADATA_PATH,
  revocation: '/oidc/revoke',
  introspection: '/oidc/introspect',
  deviceAuthorization: '/oidc/device',
  registration: '/oidc/register',
  endSession: '/oidc/logout',
  devicePage: '/device',
  signInPage: '/login',
} as const

type Issuing = { readonly oidc: Pick<Config['oidc'], 'issuer'> }

export const addressOf = ({ oidc }: Issuing, path: string): string => oidc.issuer + path
