import { epochSeconds } from '../oauth/index.ts'
import type { ClaimsRequest, RequestedClaim } from './claims-request.ts'

/** What is known of a person, for the client that asks. */
export interface Person {
  readonly fullName: string | undefined
  readonly pictureUrl: string | undefined
  /** BCP 47 */
  readonly locale: string | undefined
  readonly updatedAt: Date
  readonly email: string
  readonly isEmailVerified: boolean
  readonly organizations: readonly PersonOrganization[]
  /** Departments in the client's own organization. */
  readonly groups: readonly string[]
  /** What the client maps from profile fields, by claim name. */
  readonly custom: Readonly<Record<string, unknown>>
}

export interface PersonOrganization {
  readonly id: string
  readonly slug: string
  readonly role: string
  readonly departments: readonly string[]
}

interface Claim {
  readonly scope: string
  /** Undefined where nothing is known: then the claim is left out. Core §5.3.2 */
  readonly read: (person: Person) => unknown
}

/** Each claim, and the scope that opens it. OpenID Connect Core 1.0 §5.1, §5.4, and three of our own */
const CLAIMS: Readonly<Record<string, Claim>> = {
  name: { scope: 'profile', read: ({ fullName }) => fullName },
  picture: { scope: 'profile', read: ({ pictureUrl }) => pictureUrl },
  locale: { scope: 'profile', read: ({ locale }) => locale },
  updated_at: { scope: 'profile', read: ({ updatedAt }) => epochSeconds(updatedAt) },
  email: { scope: 'email', read: ({ email }) => email },
  email_verified: { scope: 'email', read: ({ isEmailVerified }) => isEmailVerified },
  roles: {
    scope: 'roles',
    read: ({ organizations }) => organizations.map(({ slug, role }) => `${slug}:${role}`),
  },
  organizations: {
    scope: 'organizations',
    read: ({ organizations }) =>
      organizations.map(({ id, slug, role, departments }) => ({ id, slug, role, departments })),
  },
  groups: { scope: 'groups', read: ({ groups }) => groups },
}

/** Scopes that open claims. `openid` opens the subject alone; `offline_access` nothing. Core §5.4, §11 */
export const CLAIM_SCOPES: readonly string[] = [...new Set(Object.values(CLAIMS).map(({ scope }) => scope))]

/** Every claim about a person that can be asked for by name. Core §5.5 */
export const CLAIM_NAMES: readonly string[] = Object.keys(CLAIMS)

/** Names of what tokens say in the words of their standards: no custom claim may take one. */
export const RESERVED_CLAIMS: ReadonlySet<string> = new Set([
  ...CLAIM_NAMES,
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'azp', 'nonce', 'auth_time', 'acr', 'amr', 'sid'],
  ...['at_hash', 'c_hash', 's_hash', 'cnf', 'act', 'events', 'scope', 'client_id', 'grant_id', 'active'],
  ...['__proto__', 'constructor', 'prototype'],
])

/** What a client is told of a person: by scope, and what was asked for by name. Core §5.4, §5.5 */
export function personClaims(
  person: Person,
  { scope, requested }: { readonly scope: readonly string[]; readonly requested: readonly RequestedClaim[] },
): Readonly<Record<string, unknown>> {
  const custom = Object.entries(person.custom).filter(([name]) => !RESERVED_CLAIMS.has(name))
  const released = Object.entries(CLAIMS)
    .filter(([name, claim]) => scope.includes(claim.scope) || requested.some((wish) => wish.name === name))
    .map(([name, claim]) => [name, claim.read(person)] as const)
  return Object.fromEntries([...custom, ...released].filter(([, value]) => value !== undefined))
}

/** The scopes that claims asked for by name amount to: what has to be allowed and consented to. */
export function scopesOfClaims({ userinfo, idToken }: ClaimsRequest): readonly string[] {
  const scopes = [...userinfo, ...idToken].flatMap(({ name }) => scopeOf(name) ?? [])
  return [...new Set(scopes)]
}

/** The request without claims of scopes that are not open to the client. */
export function allowedClaims(request: ClaimsRequest, scopes: readonly string[]): ClaimsRequest {
  const isAllowed = ({ name }: RequestedClaim) => {
    const scope = scopeOf(name)
    return scope === undefined || scopes.includes(scope)
  }
  return { userinfo: request.userinfo.filter(isAllowed), idToken: request.idToken.filter(isAllowed) }
}

const scopeOf = (name: string): string | undefined =>
  Object.hasOwn(CLAIMS, name) ? CLAIMS[name]?.scope : undefined
