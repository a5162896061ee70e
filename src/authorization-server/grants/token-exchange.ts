import { eq } from 'drizzle-orm'
import { needsConsent, type StoredClient } from '../../clients/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../../db/index.ts'
import { tokenDigest } from '../../kernel/index.ts'
import type { SigningKeys } from '../../keys/index.ts'
import {
  grantableScope,
  invalidRequest,
  invalidTarget,
  JwtError,
  narrowedScope,
  OAuthError,
  SIGNING_ALGORITHMS,
  type TokenExchange,
  verifyJwt,
} from '../../protocol/oauth/index.ts'
import { issueAccessToken, type TokenAuthorization } from '../access-token.ts'
import { audienceOf, judgeResources } from '../audience.ts'
import type { Recipient } from '../authorization.ts'
import { findStanding, requireEntitlement } from '../entitlement.ts'
import { findGrant } from '../held-grants.ts'
import { findLiveToken } from '../live-token.ts'
import { API_SCOPES, clientScopes } from '../scopes.ts'
import { sessionOfSid } from '../subject.ts'
import { isVisible } from '../visibility.ts'
import type { Grant } from './grant.ts'

/** Whose token was presented, and what the one that it is exchanged for may be at most. */
interface Subject {
  readonly authorization: TokenAuthorization
  /** Undefined: whatever is open to the client. */
  readonly scope: readonly string[] | undefined
  readonly notAfter: Date
}

/**
 * Exchanges a session token, or an access or ID token, for an access token of the same person with less: fewer
 * scopes, another audience, never a longer life. It ends with what it came of. RFC 8693 §2
 */
export const tokenExchange: Grant<'urn:ietf:params:oauth:grant-type:token-exchange'> = async (
  ctx,
  { request, signingKeys, client, keys, thumbprint },
) => {
  if (request.requestedTokenType !== 'access_token') {
    throw invalidRequest('Only access tokens are issued in exchange.')
  }
  const idToken =
    request.subjectTokenType === 'id_token' ? await readIdToken(ctx, signingKeys, request) : undefined
  return async (ctx) => {
    const subject = await findSubject(ctx, { request, client, keys, thumbprint, idToken })
    if (!subject) throw invalidRequest('The subject token is not valid.')
    const user = await requireEntitlement(ctx, client, subject.authorization).catch(asInvalidSubject)
    const open = clientScopes(client).filter((scope) => scope !== 'offline_access')
    const upTo = subject.scope?.filter((scope) => open.includes(scope)) ?? open
    const scope = subject.scope
      ? narrowedScope(request.scope, upTo)
      : grantableScope(request.scope ?? upTo, upTo)
    const resources = [...request.resources, ...request.audiences]
    await requireTargets(ctx, client, { resources, userId: user.id })
    const { id, text, lifetimeSeconds } = await issueAccessToken(ctx, {
      client,
      keys,
      thumbprint,
      scope,
      audience: audienceOf(client, { resources, scope }, ctx.config),
      authorization: subject.authorization,
      notAfter: subject.notAfter,
    })
    return {
      accessTokenId: id,
      userId: user.id,
      tokens: {
        accessToken: text,
        scheme: thumbprint === undefined ? 'Bearer' : 'DPoP',
        lifetimeSeconds,
        scope,
        issuedTokenType: 'access_token',
      },
    }
  }
}

/**
 * Throws invalid_target unless the resources are open to the client; and those that are nobody's here, or another
 * organization's, only as far as the person has agreed to them: there is nobody to ask now. RFC 8693 §2.2.2
 */
async function requireTargets(
  ctx: WriteCtx,
  client: StoredClient,
  asked: { readonly resources: readonly string[]; readonly userId: string },
): Promise<void> {
  const { areOpen, ofOthers } = await judgeResources(ctx, client, asked)
  const isAgreed = async () => {
    const held = await findGrant(ctx, client, asked.userId)
    return ofOthers.every((resource) => held?.resources.includes(resource))
  }
  if (!areOpen || (ofOthers.length > 0 && !(await isAgreed()))) {
    throw invalidTarget('A resource is not open to this client.')
  }
}

/** Whatever is wrong with the subject token, or with whom it stands for, has this one code. RFC 8693 §2.2.2 */
function asInvalidSubject(error: unknown): never {
  if (error instanceof OAuthError) throw invalidRequest(error.message, { cause: error })
  throw error
}

interface Presented extends Recipient {
  readonly request: TokenExchange
  readonly idToken: VerifiedIdToken | undefined
}

async function findSubject(ctx: WriteCtx, presented: Presented): Promise<Subject | undefined> {
  const { request, client, keys, idToken } = presented
  switch (request.subjectTokenType) {
    case 'session':
      return ofSession(await findSession(ctx, { digest: tokenDigest('session', request.subjectToken) }))
    case 'id_token': {
      if (!idToken || idToken.clientId !== client.id) return undefined
      const session = await findSession(ctx, { id: sessionOfSid(client, idToken.sid, keys) })
      return agreedTo(ctx, client, ofSession(session, idToken.expiresAt))
    }
    case 'access_token':
      return findSubjectOfAccessToken(ctx, presented)
    default:
      return undefined
  }
}

/** A token that is bound to a key is exchanged by whoever proves that key, and nobody who only found it. RFC 9449 §7.1 */
async function findSubjectOfAccessToken(
  ctx: WriteCtx,
  { request, client, thumbprint }: Presented,
): Promise<Subject | undefined> {
  const live = await findLiveToken(ctx.reader, request.subjectToken, ctx.now)
  if (!live || live.row.userId === null || !isVisible(client, live.row, ctx.config)) return undefined
  if (live.row.dpopJkt !== null && live.row.dpopJkt !== thumbprint) return undefined
  const { userId, scopes, expiresAt } = live.row
  return { authorization: { ...live.row, userId }, scope: scopes, notAfter: expiresAt }
}

/** A session that may only enrol a second factor gives nobody anything. */
function ofSession(session: Row<'session'> | undefined, notAfter?: Date): Subject | undefined {
  if (!session || session.isComplianceOnly) return undefined
  return {
    authorization: {
      userId: session.userId,
      grantId: null,
      familyId: null,
      claims: null,
      scopes: [],
      sessionId: session.id,
      authTime: session.authenticatedAt,
      acr: session.acr,
      amr: session.amr,
    },
    scope: undefined,
    notAfter: notAfter && notAfter < session.expiresAt ? notAfter : session.expiresAt,
  }
}

/**
 * An ID token says that somebody signed in to the client, not that they let it have everything that is open to it:
 * it is good for what they have agreed to, and ends with that.
 */
async function agreedTo(
  ctx: WriteCtx,
  client: StoredClient,
  subject: Subject | undefined,
): Promise<Subject | undefined> {
  if (!subject) return undefined
  const { userId } = subject.authorization
  const held = await findGrant(ctx, client, userId)
  if (!held) return undefined
  const isAsked = needsConsent(client, await findStanding(ctx, client, userId))
  return {
    ...subject,
    authorization: { ...subject.authorization, grantId: held.id },
    scope: isAsked
      ? held.scopes
      : clientScopes(client).filter((scope) => !API_SCOPES.includes(scope) || held.scopes.includes(scope)),
  }
}

async function findSession(
  { reader }: ReadCtx,
  by: { readonly digest: Uint8Array | undefined } | { readonly id: string },
): Promise<Row<'session'> | undefined> {
  const { session } = reader.t
  if ('digest' in by && by.digest === undefined) return undefined
  const isIt = 'id' in by ? eq(session.id, by.id) : eq(session.digest, by.digest ?? new Uint8Array())
  const [row] = await reader.select().from(session).where(isIt)
  return row
}

interface VerifiedIdToken {
  readonly clientId: string
  /** Of the session, as the client knows it. */
  readonly sid: string
  readonly expiresAt: Date
}

/** An ID token of this server that has not expired. Throws invalid_request. OpenID Connect Core 1.0 §3.1.3.7 */
async function readIdToken(
  { now, config }: ReadCtx,
  signingKeys: SigningKeys,
  { subjectToken }: TokenExchange,
): Promise<VerifiedIdToken> {
  const keys = { jwks: { keys: [...(await signingKeys.publicKeys())] } }
  const expectation = { keys, algorithms: SIGNING_ALGORITHMS, types: ['jwt'], now }
  const { claims } = await verifyJwt(subjectToken, expectation).catch((cause: unknown) => {
    if (!(cause instanceof JwtError)) throw cause
    throw invalidRequest('The subject token is not valid.', { cause })
  })
  const { iss, aud, sid, exp } = claims
  const isOurs = iss === config.oidc.issuer && typeof aud === 'string' && typeof sid === 'string'
  if (!isOurs || typeof exp !== 'number') throw invalidRequest('The subject token is not valid.')
  return { clientId: aud, sid, expiresAt: new Date(exp * 1_000) }
}
