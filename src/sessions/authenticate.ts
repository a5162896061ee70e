import { eq, getTableColumns, type SQLWrapper } from 'drizzle-orm'
import { placeholder, type Reader, scalar, type UnitsOfWork } from '../db/index.ts'
import type { Authenticate, Caller, CallerSession, DpopHeader } from '../http/index.ts'
import {
  addSeconds,
  type Clock,
  type Log,
  latin1,
  SYSTEM,
  TOKEN_PREFIX,
  tokenDigest,
} from '../kernel/index.ts'

/** How stale `last_seen_at` may get: one write a minute at most, whatever the traffic. */
const TOUCH_SECONDS = 60

export interface AuthenticateDeps extends UnitsOfWork {
  readonly reader: Reader
  readonly clock: Clock
  readonly log: Log
  readonly findAccessToken: FindAccessToken
}

/** What of an access token the REST API judges its bearer by. */
export interface PresentedAccessToken {
  readonly id: string
  readonly userId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** The client's, where it has one. */
  readonly organizationId: string | null
}

/** Finds the access token for the REST API that a text is, if it is one, is live, and was proved where it has to be. */
export type FindAccessToken = (
  token: string,
  proof: DpopHeader | undefined,
) => Promise<PresentedAccessToken | undefined>

/**
 * Makes the function that every request passes: finds the session or API key, its user and all of the user's
 * memberships in one round trip. Garbage is refused without a query. A user who is suspended or gone, a session
 * past its lifetime or its idle time, and a revoked credential are nobody. What is neither is asked about as an
 * access token.
 */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  return (token, byCookie, proof) => {
    if (token.startsWith(TOKEN_PREFIX.session)) return proof ? NOBODY : bySession(deps, token, byCookie)
    if (byCookie) return NOBODY
    if (token.startsWith(TOKEN_PREFIX.apiKey)) return proof ? NOBODY : byApiKey(deps, token)
    return byAccessToken(deps, token, proof)
  }
}

const NOBODY = Promise.resolve(undefined)

async function bySession(
  deps: AuthenticateDeps,
  token: string,
  byCookie: boolean,
): Promise<Caller | undefined> {
  const digest = tokenDigest('session', token)
  if (!digest) return undefined
  const { reader } = deps
  const [[session], [user], memberships] = await reader.together(
    [
      sessionByDigest(reader),
      userBy(reader, 'session', sessionOwner),
      membershipsBy(reader, 'session', sessionOwner),
    ],
    { digest },
    `session:${latin1(digest)}`,
  )
  const now = deps.clock.now()
  if (!session || !isLive(session, now) || user?.status !== 'active') return undefined
  if (addSeconds(session.lastSeenAt, TOUCH_SECONDS) <= now) touchSession(deps, session)
  return {
    user,
    credential: { kind: 'session', session, byCookie },
    memberships,
    actor: { kind: 'user', userId: user.id, sessionId: session.id },
  }
}

async function byApiKey(deps: AuthenticateDeps, token: string): Promise<Caller | undefined> {
  const digest = tokenDigest('apiKey', token)
  if (!digest) return undefined
  const { reader } = deps
  const [[key], [user], memberships] = await reader.together(
    [
      apiKeyByDigest(reader),
      userBy(reader, 'api_key', apiKeyOwner),
      membershipsBy(reader, 'api_key', apiKeyOwner),
    ],
    { digest },
    `api_key:${latin1(digest)}`,
  )
  const now = deps.clock.now()
  if (!key || (key.expiresAt && key.expiresAt <= now) || user?.status !== 'active') return undefined
  if (!key.lastUsedAt || addSeconds(key.lastUsedAt, TOUCH_SECONDS) <= now) touchApiKey(deps, key)
  return {
    user,
    credential: { kind: 'api_key', id: key.id, scopes: key.scopes, organizationId: key.organizationId },
    memberships,
    actor: { kind: 'api_key', userId: user.id, apiKeyId: key.id },
  }
}

async function byAccessToken(
  deps: AuthenticateDeps,
  text: string,
  proof: DpopHeader | undefined,
): Promise<Caller | undefined> {
  const token = await deps.findAccessToken(text, proof)
  if (!token) return undefined
  const { reader } = deps
  const { userId, ...held } = token
  const [[user], memberships] = await reader.together(
    [
      userBy(reader, 'access_token', accessTokenOwner),
      membershipsBy(reader, 'access_token', accessTokenOwner),
    ],
    { userId },
    `access_token:${userId}`,
  )
  if (user?.status !== 'active') return undefined
  return {
    user,
    credential: { kind: 'access_token', ...held },
    memberships,
    actor: { kind: 'client', userId, clientId: held.clientId },
  }
}

/** Neither past its end nor unused for longer than its idle time. */
export const isLive = (
  session: Pick<CallerSession, 'expiresAt' | 'lastSeenAt' | 'idleSeconds'>,
  now: Date,
): boolean => session.expiresAt > now && addSeconds(session.lastSeenAt, session.idleSeconds) > now

/**
 * The credential, its user and the user's memberships are three statements sent together, each on one table:
 * SQLite runs them in a third of the time of one join.
 */
const DIGEST = placeholder('digest')

const sessionByDigest = (reader: Reader) =>
  reader.prepared('session.by_digest', (r) => {
    const { digest, ...columns } = getTableColumns(r.t.session)
    return r.select(columns).from(r.t.session).where(eq(digest, DIGEST))
  })

const apiKeyByDigest = (reader: Reader) =>
  reader.prepared('api_key.by_digest', (r) => {
    const { digest, ...columns } = getTableColumns(r.t.apiKey)
    return r.select(columns).from(r.t.apiKey).where(eq(digest, DIGEST))
  })

/** A subquery for the id of the user that a digest belongs to. */
type Owner = (reader: Reader) => SQLWrapper | ReturnType<typeof placeholder>
const sessionOwner: Owner = ({ select, t: { session } }) =>
  select({ id: session.userId }).from(session).where(eq(session.digest, DIGEST))
const accessTokenOwner: Owner = () => placeholder('userId')
const apiKeyOwner: Owner = ({ select, t: { apiKey } }) =>
  select({ id: apiKey.userId }).from(apiKey).where(eq(apiKey.digest, DIGEST))

const userBy = (reader: Reader, kind: string, owner: Owner) =>
  reader.prepared(`${kind}.user`, (r) =>
    r
      .select()
      .from(r.t.user)
      .where(eq(r.t.user.id, owner(r))),
  )

const membershipsBy = (reader: Reader, kind: string, owner: Owner) =>
  reader.prepared(`${kind}.memberships`, (r) => {
    const { member, organization } = r.t
    const ofOrganization = (column: (typeof organization)['slug' | 'name']) =>
      scalar<string>(
        r.select({ column }).from(organization).where(eq(organization.id, member.organizationId)),
      )
    return r
      .select({
        organizationId: member.organizationId,
        slug: ofOrganization(organization.slug),
        name: ofOrganization(organization.name),
        role: member.role,
        status: member.status,
        joinedAt: member.joinedAt,
        mfaStatus: member.mfaStatus,
        mfaDeadlineAt: member.mfaDeadlineAt,
        mfaMissing: member.mfaMissing,
      })
      .from(member)
      .where(eq(member.userId, owner(r)))
  })

function touchSession(deps: AuthenticateDeps, { id }: CallerSession): void {
  inBackground(deps, ({ tx, now }) =>
    tx.update(tx.t.session).set({ lastSeenAt: now }).where(eq(tx.t.session.id, id)),
  )
}

function touchApiKey(deps: AuthenticateDeps, { id }: { id: string }): void {
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
