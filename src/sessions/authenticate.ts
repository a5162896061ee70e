import { eq } from 'drizzle-orm'
import { placeholder, type Reader, type Row, type UnitsOfWork } from '../db/index.ts'
import type { Authenticate, Caller, Membership } from '../http/index.ts'
import { addSeconds, type Clock, type Log, SYSTEM, TOKEN_PREFIX, tokenDigest } from '../kernel/index.ts'

/** How stale `last_seen_at` may get: one write a minute at most, whatever the traffic. */
const TOUCH_SECONDS = 60

export interface AuthenticateDeps extends UnitsOfWork {
  readonly reader: Reader
  readonly clock: Clock
  readonly log: Log
}

/**
 * Makes the function that every request passes: one query finds the session or API key, its user and all of
 * the user's memberships. Garbage is refused without a query. A user who is suspended or gone, a session past
 * its lifetime or its idle time, and a revoked credential are nobody.
 */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  return async (token, byCookie) => {
    if (token.startsWith(TOKEN_PREFIX.session)) return bySession(deps, token, byCookie)
    if (token.startsWith(TOKEN_PREFIX.apiKey) && !byCookie) return byApiKey(deps, token)
    return undefined
  }
}

async function bySession(
  deps: AuthenticateDeps,
  token: string,
  byCookie: boolean,
): Promise<Caller | undefined> {
  const digest = tokenDigest('session', token)
  if (!digest) return undefined
  const rows = await sessionStatement(deps.reader).execute({ digest })
  const [first] = rows
  if (!first) return undefined
  const { session, user } = first
  const now = deps.clock.now()
  if (user.status !== 'active' || !isLive(session, now)) return undefined
  if (addSeconds(session.lastSeenAt, TOUCH_SECONDS) <= now) touchSession(deps, session)
  return {
    user,
    credential: { kind: 'session', session, byCookie },
    memberships: membershipsOf(rows),
    actor: { kind: 'user', userId: user.id, sessionId: session.id },
  }
}

async function byApiKey(deps: AuthenticateDeps, token: string): Promise<Caller | undefined> {
  const digest = tokenDigest('apiKey', token)
  if (!digest) return undefined
  const rows = await apiKeyStatement(deps.reader).execute({ digest })
  const [first] = rows
  if (!first) return undefined
  const { apiKey, user } = first
  const now = deps.clock.now()
  if (user.status !== 'active' || (apiKey.expiresAt && apiKey.expiresAt <= now)) return undefined
  if (!apiKey.lastUsedAt || addSeconds(apiKey.lastUsedAt, TOUCH_SECONDS) <= now) touchApiKey(deps, apiKey)
  return {
    user,
    credential: {
      kind: 'api_key',
      id: apiKey.id,
      scopes: apiKey.scopes,
      organizationId: apiKey.organizationId,
    },
    memberships: membershipsOf(rows),
    actor: { kind: 'api_key', userId: user.id, apiKeyId: apiKey.id },
  }
}

/** Neither past its end nor unused for longer than its idle time. */
export const isLive = (session: Row<'session'>, now: Date): boolean =>
  session.expiresAt > now && addSeconds(session.lastSeenAt, session.idleSeconds) > now

const membershipColumns = ({ t: { member, organization } }: Reader) => ({
  organizationId: member.organizationId,
  slug: organization.slug,
  name: organization.name,
  role: member.role,
  status: member.status,
  joinedAt: member.joinedAt,
})

const sessionStatement = (reader: Reader) =>
  reader.prepared('sessions.authenticate', (r) => {
    const { session, user, member, organization } = r.t
    return r
      .select({ session, user, membership: membershipColumns(r) })
      .from(session)
      .innerJoin(user, eq(user.id, session.userId))
      .leftJoin(member, eq(member.userId, user.id))
      .leftJoin(organization, eq(organization.id, member.organizationId))
      .where(eq(session.digest, placeholder('digest')))
  })

const apiKeyStatement = (reader: Reader) =>
  reader.prepared('api_keys.authenticate', (r) => {
    const { apiKey, user, member, organization } = r.t
    return r
      .select({ apiKey, user, membership: membershipColumns(r) })
      .from(apiKey)
      .innerJoin(user, eq(user.id, apiKey.userId))
      .leftJoin(member, eq(member.userId, user.id))
      .leftJoin(organization, eq(organization.id, member.organizationId))
      .where(eq(apiKey.digest, placeholder('digest')))
  })

type MembershipRow = { [Key in keyof Membership]: Membership[Key] | null }

function membershipsOf(rows: readonly { membership: MembershipRow }[]): readonly Membership[] {
  const memberships: Membership[] = []
  for (const { membership } of rows) {
    // A left join gives all of the columns or none.
    if (membership.organizationId !== null) memberships.push(membership as Membership)
  }
  return memberships
}

function touchSession(deps: AuthenticateDeps, { id }: Row<'session'>): void {
  inBackground(deps, ({ tx, now }) =>
    tx.update(tx.t.session).set({ lastSeenAt: now }).where(eq(tx.t.session.id, id)),
  )
}

function touchApiKey(deps: AuthenticateDeps, { id }: Row<'apiKey'>): void {
  inBackground(deps, ({ tx, now }) =>
    tx.update(tx.t.apiKey).set({ lastUsedAt: now }).where(eq(tx.t.apiKey.id, id)),
  )
}

type Touch = Parameters<Parameters<UnitsOfWork['write']>[1]>[0]

/** When a credential was last used is a courtesy: nobody waits for it, and losing it costs nothing. */
function inBackground(deps: AuthenticateDeps, body: (ctx: Touch) => PromiseLike<unknown>): void {
  deps
    .write({ actor: SYSTEM, log: deps.log }, async (ctx) => void (await body(ctx)))
    .catch((error: unknown) => deps.log.warn('session.touch_failed', { err: error }))
}
