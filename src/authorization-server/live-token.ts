import { and, eq, getTableColumns, type SQL, type SQLWrapper } from 'drizzle-orm'
import { placeholder, type Reader, type Row, scalar } from '../db/index.ts'
import { latin1, sha256 } from '../kernel/index.ts'
import { isLive } from '../sessions/index.ts'
import { accessTokenId, MAX_ACCESS_TOKEN_LENGTH } from './access-token.ts'

/** An access token that is good now. */
export interface LiveToken {
  readonly row: Row<'accessToken'>
  /** Undefined: the client's own. */
  readonly user: Row<'user'> | undefined
  /** The client's, where it has one. */
  readonly organizationId: string | null
}

/**
 * The access token that a text is, or undefined unless it is good: issued here, neither expired nor revoked, its user
 * active and, unless it outlives that, its session alive. A JWT has to be the one that was issued to the letter, as its
 * digest says: what was not has no row, whatever it says and whoever signed it. RFC 7662 §2.2
 */
export async function findLiveToken(reader: Reader, text: string, now: Date): Promise<LiveToken | undefined> {
  if (text.length > MAX_ACCESS_TOKEN_LENGTH) return undefined
  const digest = sha256(text)
  const [[row], [user], [session]] = await reader.together(
    [presentedToken(reader), userOfToken(reader), sessionOfToken(reader)],
    {
      digest,
      get id() {
        return accessTokenId(text) ?? '' // worked out where there is something to read
      },
    },
    `access_token:${latin1(digest)}`,
  )
  if (!row || row.expiresAt <= now) return undefined
  if (row.userId !== null && user?.status !== 'active') return undefined
  if (row.sessionId !== null && !(session && isLive(session, now))) return undefined
  return { row, user, organizationId: row.organizationId }
}

/** The row that the text names, if it is that very text's. */
const isPresented = ({ id, digest }: Reader['t']['accessToken']): SQL | undefined =>
  and(eq(id, placeholder('id')), eq(digest, placeholder('digest')))

const presentedToken = (reader: Reader) =>
  reader.prepared('oidc.access_token', ({ select, t: { accessToken, client } }) => {
    const organizationId = scalar<string | null>(
      select({ organizationId: client.organizationId })
        .from(client)
        .where(eq(client.id, accessToken.clientId)),
    )
    return select({ ...getTableColumns(accessToken), organizationId })
      .from(accessToken)
      .where(isPresented(accessToken))
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
  select({ id: accessToken[column] }).from(accessToken).where(isPresented(accessToken))
