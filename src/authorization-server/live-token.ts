import { eq, getTableColumns, type SQLWrapper } from 'drizzle-orm'
import { placeholder, type Reader, type Row, scalar } from '../db/index.ts'
import { latin1, sha256 } from '../kernel/index.ts'
import { isLive } from '../sessions/index.ts'

/** An access token that is good now. */
export interface LiveToken {
  readonly row: Row<'accessToken'>
  /** Undefined: the client's own. */
  readonly user: Row<'user'> | undefined
  /** The client's, where it has one. */
  readonly organizationId: string | null
}

const MAX_LENGTH = 8_192

/**
 * The access token that a text is, or undefined unless it is good: issued here, neither expired nor revoked, its user
 * active and, unless it outlives that, its session alive. A JWT is found like an opaque one, by its digest: what was
 * not issued here has no row, whatever it says and whoever signed it. RFC 7662 §2.2
 */
export async function findLiveToken(reader: Reader, text: string, now: Date): Promise<LiveToken | undefined> {
  if (text.length > MAX_LENGTH) return undefined
  const digest = sha256(text)
  const [[token], [user], [session]] = await reader.together(
    [tokenByDigest(reader), userOfToken(reader), sessionOfToken(reader)],
    { digest },
    `access_token:${latin1(digest)}`,
  )
  if (!token || token.expiresAt <= now) return undefined
  const { organizationId, ...row } = token
  if (row.userId !== null && user?.status !== 'active') return undefined
  if (row.sessionId !== null && !(session && isLive(session, now))) return undefined
  return { row, user, organizationId }
}

const DIGEST = placeholder('digest')

const tokenByDigest = (reader: Reader) =>
  reader.prepared('oidc.access_token', ({ select, t: { accessToken, client } }) => {
    const organizationId = scalar<string | null>(
      select({ organizationId: client.organizationId })
        .from(client)
        .where(eq(client.id, accessToken.clientId)),
    )
    return select({ ...getTableColumns(accessToken), organizationId })
      .from(accessToken)
      .where(eq(accessToken.digest, DIGEST))
  })

const userOfToken = (reader: Reader) =>
  reader.prepared('oidc.access_token_user', (r) =>
    r
      .select()
      .from(r.t.user)
      .where(eq(r.t.user.id, ofToken(r, 'userId'))),
  )

const sessionOfToken = (reader: Reader) =>
  reader.prepared('oidc.access_token_session', (r) => {
    const { session } = r.t
    return r
      .select({
        expiresAt: session.expiresAt,
        lastSeenAt: session.lastSeenAt,
        idleSeconds: session.idleSeconds,
      })
      .from(session)
      .where(eq(session.id, ofToken(r, 'sessionId')))
  })

const ofToken = ({ select, t: { accessToken } }: Reader, column: 'userId' | 'sessionId'): SQLWrapper =>
  select({ id: accessToken[column] }).from(accessToken).where(eq(accessToken.digest, DIGEST))
