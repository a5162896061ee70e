import { and, eq, getTableColumns, type SQL, type SQLWrapper } from 'drizzle-orm'
import { isAdmitted } from '../clients/index.ts'
import { placeholder, type Reader, type Row } from '../db/index.ts'
import { latin1, type Role, sha256 } from '../kernel/index.ts'
import { isLive } from '../sessions/index.ts'
import { accessTokenId, accessTokenKeyId, MAX_ACCESS_TOKEN_LENGTH } from './access-token.ts'
import { standingOf } from './entitlement.ts'

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
 * active and still let in to the application and, unless it outlives that, its session alive. A JWT has to be the one
 * that was issued to the letter, as its digest says: what was not has no row, whatever it says and whoever signed it.
 * It ends with the key that signed it, as it does for everybody who verifies it by the published keys. RFC 7662 §2.2
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
      get keyId() {
        return accessTokenKeyId(text) ?? ''
      },
    },
    `access_token:${latin1(digest)}`,
  )
  if (!row || row.expiresAt <= now) return undefined
  if (isJwt(text) && !isTrusted(row, now)) return undefined
  if (row.userId !== null && user?.status !== 'active') return undefined
  if (row.sessionId !== null && !(session && isLive(session, now))) return undefined
  const { userId, organizationId } = row
  if (userId !== null) {
    const standing = standingOf({ reader }, row, { userId, membership: membershipOf(row) })
    // Most are known at once: whoever has left the client's organization, or is kept out of it, has no more to do there.
    if (!isAdmitted(row, standing instanceof Promise ? await standing : standing)) return undefined
  }
  return { row, user, organizationId }
}

/** In the client's organization, as it was read along with the token. */
const membershipOf = ({ role, memberStatus: status }: PresentedMembership) =>
  role === null || status === null ? undefined : { role, status }

interface PresentedMembership {
  readonly role: Role | null
  readonly memberStatus: Row<'member'>['status'] | null
}

/** Other than an opaque token. */
const isJwt = (text: string): boolean => text.includes('.')

/** Whether there is the key yet that signed it: one that somebody else may have goes before what it signed expires. */
const isTrusted = (
  { keyId, keyRemoveAfter }: { readonly keyId: string | null; readonly keyRemoveAfter: Date | null },
  now: Date,
): boolean => keyId !== null && (keyRemoveAfter === null || keyRemoveAfter > now)

/** The row that the text names, if it is that very text's. */
const isPresented = ({ id, digest }: Reader['t']['accessToken']): SQL | undefined =>
  and(eq(id, placeholder('id')), eq(digest, placeholder('digest')))

const presentedToken = (reader: Reader) =>
  reader.prepared('oidc.access_token', ({ select, t: { accessToken, client, member, signingKey } }) =>
    select({
      ...getTableColumns(accessToken),
      organizationId: client.organizationId,
      access: client.access,
      role: member.role,
      memberStatus: member.status,
      keyId: signingKey.id,
      keyRemoveAfter: signingKey.removeAfter,
    })
      .from(accessToken)
      .innerJoin(client, eq(client.id, accessToken.clientId))
      .leftJoin(
        member,
        and(eq(member.organizationId, client.organizationId), eq(member.userId, accessToken.userId)),
      )
      .leftJoin(signingKey, eq(signingKey.id, placeholder('keyId')))
      .where(isPresented(accessToken)),
  )

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
