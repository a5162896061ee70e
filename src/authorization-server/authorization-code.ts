import { and, eq } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import { type StoredClient, storeDocumentClient } from '../clients/index.ts'
import { insertRow, type Row, type WriteCtx } from '../db/index.ts'
import { addSeconds, createToken, sha256 } from '../kernel/index.ts'
import { FAPI_CODE_SECONDS, isFapiClient } from '../protocol/oauth/index.ts'
import type { AuthorizationRequest, ClaimsRequest } from '../protocol/oidc/index.ts'
import { type Agreement, resourceDetails } from './agreement.ts'
import { auditedClient } from './audited-client.ts'

export interface NewAuthorizationCode {
  readonly client: StoredClient
  /** The person and how they were authenticated: the session that answers the request. */
  readonly session: Pick<Row<'session'>, 'id' | 'userId' | 'authenticatedAt' | 'acr' | 'amr' | 'expiresAt'>
  readonly grant: Pick<Row<'grant'>, 'id'>
  readonly request: Pick<
    AuthorizationRequest,
    'redirectUri' | 'scope' | 'resources' | 'claims' | 'nonce' | 'codeChallenge' | 'dpopThumbprint'
  >
}

/**
 * Issues an authorization code, bound to everything that its exchange will have to repeat or prove. It is returned
 * here and nowhere else: only its digest is stored. The caller has decided that there may be one. RFC 6749 §4.1.2
 */
export async function issueAuthorizationCode(
  ctx: WriteCtx,
  { client, session, grant, request }: NewAuthorizationCode,
): Promise<string> {
  const { t } = ctx.tx
  const code = createToken('authorizationCode', ctx.random)
  await insertRow(ctx.tx, t.authorizationCode, {
    digest: sha256(code),
    clientId: client.id,
    userId: session.userId,
    grantId: grant.id,
    familyId: ctx.newId(),
    redirectUri: request.redirectUri,
    scopes: request.scope,
    resources: request.resources,
    claims: claimsToKeep(request),
    nonce: request.nonce ?? null,
    codeChallenge: request.codeChallenge?.challenge ?? null,
    codeChallengeMethod: request.codeChallenge?.method ?? null,
    dpopJkt: request.dpopThumbprint ?? null,
    sessionId: session.id,
    authTime: session.authenticatedAt,
    acr: session.acr,
    amr: session.amr,
    createdAt: ctx.now,
    expiresAt: addSeconds(ctx.now, codeSeconds(ctx, client)),
    consumedAt: null,
  })
  await noteAuthorized(ctx, { client, session, request })
  return code
}

const codeSeconds = ({ config: { oidc } }: WriteCtx, { metadata }: StoredClient): number =>
  isFapiClient(metadata)
    ? Math.min(oidc.authorizationCodeSeconds, FAPI_CODE_SECONDS)
    : oidc.authorizationCodeSeconds

/** Notes that a client was told of a session, and records that it was. */
export async function noteAuthorized(
  ctx: WriteCtx,
  {
    client,
    session,
    request,
  }: Pick<NewAuthorizationCode, 'client' | 'session'> & {
    readonly request: Pick<AuthorizationRequest, 'scope' | 'resources'>
  },
): Promise<void> {
  await noteSignedIn(ctx, { client, session })
  await record(ctx, {
    action: 'oidc.authorize',
    ...auditedClient(client),
    details: { scope: request.scope, ...resourceDetails(request.resources) },
  })
}

/** Notes that a client was told of a session, so that it is told when this ends, too. Back-Channel Logout 1.0 §2.3 */
export async function noteSignedIn(
  { tx, now }: WriteCtx,
  {
    client,
    session,
  }: Pick<NewAuthorizationCode, 'client'> & {
    readonly session: Pick<Row<'session'>, 'id' | 'userId' | 'expiresAt'>
  },
): Promise<void> {
  await tx
    .insert(tx.t.clientSession)
    .values({
      sessionId: session.id,
      clientId: client.id,
      userId: session.userId,
      createdAt: now,
      expiresAt: session.expiresAt,
    })
    .onConflictDoNothing()
}

/** Null where nothing is asked for by name. */
export const claimsToKeep = ({ claims }: Pick<AuthorizationRequest, 'claims'>): ClaimsRequest | null =>
  claims.userinfo.length + claims.idToken.length > 0 ? claims : null

/**
 * The user's grant to a client, with these scopes and resources among those agreed to: made where there is none,
 * widened where it is narrower. Of several at once one is made.
 */
export async function findOrCreateGrant(
  ctx: WriteCtx,
  { client, userId, scopes, resources = [] }: NewConsent,
): Promise<Row<'grant'>> {
  const { grant } = ctx.tx.t
  await storeDocumentClient(ctx, client)
  const fresh = {
    id: ctx.newId(),
    userId,
    clientId: client.id,
    scopes,
    resources,
    createdAt: ctx.now,
    updatedAt: ctx.now,
  }
  const [created] = await ctx.tx
    .insert(grant)
    .values(fresh)
    .onConflictDoNothing({ target: [grant.userId, grant.clientId] })
    .returning()
  if (created) return created
  // Written before it is read: of two that widen it at once the second sees what the first has added.
  const isIt = and(eq(grant.userId, userId), eq(grant.clientId, client.id))
  const [held] = await ctx.tx.update(grant).set({ updatedAt: ctx.now }).where(isIt).returning()
  if (!held) throw new Error('A grant ended while it was being widened')
  const wider = {
    scopes: [...new Set([...held.scopes, ...scopes])],
    resources: [...new Set([...held.resources, ...resources])],
  }
  const isWider = wider.scopes.length > held.scopes.length || wider.resources.length > held.resources.length
  if (!isWider) return held
  await ctx.tx.update(grant).set(wider).where(eq(grant.id, held.id))
  return { ...held, ...wider }
}

export interface NewConsent extends Pick<Agreement, 'scopes'>, Partial<Pick<Agreement, 'resources'>> {
  readonly client: StoredClient
  readonly userId: string
}
