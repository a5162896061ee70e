import type { z } from 'zod'
import { mail } from './mail.ts'
import { oidc } from './oidc.ts'
import { passwords, rateLimits, registration, sessions } from './people.ts'
import { secretKeys, server, storage, telemetry } from './server.ts'
import type { Variable } from './variable.ts'
import { webauthn } from './webauthn.ts'

/** In the order in which documents list them. */
export const GROUPS: Readonly<Record<string, Readonly<Record<string, Variable>>>> = {
  Server: server,
  Storage: storage,
  Secrets: secretKeys,
  Registration: registration,
  Passwords: passwords,
  Sessions: sessions,
  Passkeys: webauthn,
  'OpenID Connect': oidc,
  Mail: mail,
  'Rate limits': rateLimits,
  'Logs and metrics': telemetry,
}

const table = {
  ...server,
  ...storage,
  ...secretKeys,
  ...registration,
  ...passwords,
  ...sessions,
  ...webauthn,
  ...oidc,
  ...mail,
  ...rateLimits,
  ...telemetry,
}

export type VariableName = keyof typeof table

/** Every variable, a derived default after the variables that it is derived from. */
export const VARIABLES: Readonly<Record<VariableName, Variable>> = table

/** What each variable says: undefined only where it may stay unset. */
export type Values = {
  readonly [Name in VariableName]:
    | z.output<(typeof table)[Name]['format']>
    | ((typeof table)[Name] extends { readonly default: unknown } ? never : undefined)
}
