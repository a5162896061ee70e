import type { Caller, CallerSession, Membership, Scope } from '../../src/http/index.ts'

export const ORGANIZATION = '01970000-0000-7000-8000-00000000000a'
export const OTHER_ORGANIZATION = '01970000-0000-7000-8000-00000000000b'
const USER = '01970000-0000-7000-8000-000000000001'
const SESSION = '01970000-0000-7000-8000-000000000002'
const API_KEY = '01970000-0000-7000-8000-000000000003'
const NOW = new Date('2030-01-01T00:00:00Z')

export const membership = (changed: Partial<Membership> = {}): Membership => ({
  organizationId: ORGANIZATION,
  slug: 'acme-corp',
  name: 'Acme Corporation',
  role: 'member',
  status: 'active',
  joinedAt: NOW,
  mfaStatus: 'not_applicable',
  mfaDeadlineAt: null,
  mfaMissing: [],
  ...changed,
})

/** Somebody with a session that was begun just now. */
export function bySession(
  session: Partial<CallerSession> = {},
  memberships: readonly Membership[] = [],
  { isInstanceAdmin = false } = {},
): Caller {
  return {
    user: user(isInstanceAdmin),
    credential: { kind: 'session', byCookie: false, session: { ...beginning(), ...session } },
    memberships,
    actor: { kind: 'user', userId: USER, sessionId: SESSION },
  }
}

/** Somebody's program. */
export const byApiKey = (
  scopes: readonly Scope[],
  memberships: readonly Membership[] = [],
  organizationId: string | null = null,
): Caller => ({
  user: user(true),
  credential: { kind: 'api_key', id: API_KEY, scopes, organizationId },
  memberships,
  actor: { kind: 'api_key', userId: USER, apiKeyId: API_KEY },
})

/** An application that somebody lets act for them. */
export const byApplication = (scopes: readonly Scope[]): Caller => ({
  user: user(true),
  credential: { kind: 'access_token', id: API_KEY, clientId: 'wiki', scopes, organizationId: null },
  memberships: [],
  actor: { kind: 'client', userId: USER, clientId: 'wiki' },
})

const user = (isInstanceAdmin: boolean): Caller['user'] => ({
  id: USER,
  email: 'Alice@example.com',
  emailNormalized: 'alice@example.com',
  emailVerifiedAt: NOW,
  fullName: 'Alice',
  avatarUrl: null,
  locale: null,
  status: 'active',
  isInstanceAdmin,
  createdAt: NOW,
  updatedAt: NOW,
})

const beginning = (): CallerSession => ({
  id: SESSION,
  userId: USER,
  deviceName: 'Firefox on Linux',
  address: null,
  amr: ['pwd'],
  acr: 'urn:authy2:acr:1fa',
  isComplianceOnly: false,
  isRemembered: false,
  authenticatedAt: NOW,
  steppedUpAt: NOW,
  createdAt: NOW,
  lastSeenAt: NOW,
  idleSeconds: 43_200,
  expiresAt: new Date('2030-01-02T00:00:00Z'),
})
