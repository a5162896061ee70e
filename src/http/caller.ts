import type { Row } from '../db/index.ts'
import type { Actor, MfaMethod, MfaStatus, Role } from '../kernel/index.ts'

/** What an API key, or an application, may be allowed. A session may everything that its user may. */
export const SCOPES = [
  'profile:read',
  'profile:write',
  'organizations:read',
  'organizations:write',
  'audit:read',
  'admin:read',
  'admin:write',
] as const
export type Scope = (typeof SCOPES)[number]

export interface Membership {
  readonly organizationId: string
  readonly slug: string
  readonly name: string
  readonly role: Role
  readonly status: 'active' | 'suspended'
  readonly joinedAt: Date
  /** As last judged; see `isPastDue`. */
  readonly mfaStatus: MfaStatus
  readonly mfaDeadlineAt: Date | null
  readonly mfaMissing: readonly MfaMethod[]
}

/** A session as every request reads it: what it was found by stays behind. */
export type CallerSession = Omit<Row<'session'>, 'digest'>

export type CallerCredential =
  | { readonly kind: 'session'; readonly session: CallerSession; readonly byCookie: boolean }
  | {
      readonly kind: 'api_key'
      readonly id: string
      readonly scopes: readonly string[]
      /** When set, the key works in this organization only. */
      readonly organizationId: string | null
    }
  /** An application that a person lets act for them. */
  | {
      readonly kind: 'access_token'
      readonly id: string
      readonly clientId: string
      readonly scopes: readonly string[]
      /** The application's own, if any: it works there only, whatever else the person belongs to. */
      readonly organizationId: string | null
    }

/** Who is calling: an active user, by a live session, API key or access token, with every membership they hold. */
export interface Caller {
  readonly user: Row<'user'>
  readonly credential: CallerCredential
  readonly memberships: readonly Membership[]
  readonly actor: Extract<Actor, { userId: string }>
}

/** What came with a token of the scheme `DPoP`: good only where the proof is. RFC 9449 §7.1 */
export interface DpopHeader {
  readonly proof: string
  readonly method: string
  readonly path: string
}

/** Finds out who presents a token; undefined for one that is unknown, expired, or whose user is out. */
export type Authenticate = (
  token: string,
  byCookie: boolean,
  proof?: DpopHeader,
) => Promise<Caller | undefined>
