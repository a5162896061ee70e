import { and, eq, gt } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import { plus, type ReadCtx, type Row, type WriteCtx } from '../db/index.ts'
import { type Actor, addSeconds, createToken, HOUR, sha256, tokenDigest } from '../kernel/index.ts'
import { type CompleteClientMetadata, invalidClientMetadata, invalidToken } from '../protocol/oauth/index.ts'
import { changesOf } from './changes.ts'
import { requireRoom } from './client.ts'
import { releaseResources } from './resources.ts'
import type { NewInitialAccessToken } from './schema.ts'
import { addSecret, matchSecret } from './secrets.ts'
import { defaultSettings, signsWithSecret, usesSecret } from './settings.ts'
import { requireVoucher } from './vouching.ts'

/** A token with which clients register themselves for an organization; shown once. RFC 7591 §3 */
export async function createInitialAccessToken(
  ctx: WriteCtx,
  organizationId: string,
  { max_uses: usesLeft = 1, expires_in: seconds = HOUR }: NewInitialAccessToken,
): Promise<{ id: string; token: string; expiresAt: Date }> {
  const token = createToken('initialAccess', ctx.random)
  const expiresAt = addSeconds(ctx.now, seconds)
  const id = ctx.newId()
  await ctx.tx.insert(ctx.tx.t.initialAccessToken).values({
    id,
    organizationId,
    digest: sha256(token),
    usesLeft,
    createdAt: ctx.now,
    expiresAt,
  })
  await record(ctx, {
    action: 'oidc.client.registration_token_create',
    organizationId,
    target: { type: 'initial_access_token', id },
    details: { max_uses: usesLeft, expires_in: seconds },
  })
  return { id, token, expiresAt }
}

export interface RegistrationOutcome {
  readonly client: Row<'client'>
  /** Where one has just been made; not shown again. */
  readonly secret: string | undefined
}

/**
 * A client registers itself: with an initial access token, or without where the configuration lets everybody.
 * Returns its secret and the token by which it manages itself, for the only time. Throws invalid_token, and
 * invalid_client_metadata for more than such a client may be. RFC 7591 §3
 */
export async function registerClient(
  ctx: WriteCtx,
  {
    metadata,
    initialAccessToken,
  }: { metadata: CompleteClientMetadata; initialAccessToken: string | undefined },
): Promise<RegistrationOutcome & { readonly registrationToken: string }> {
  const { organizationId, initialAccessTokenId } = await permit(ctx, initialAccessToken)
  requireVoucher({ origin: 'registered', organizationId, metadata })
  const registrationToken = createToken('registrationAccess', ctx.random)
  const [client] = await ctx.tx
    .insert(ctx.tx.t.client)
    .values({
      ...defaultSettings(organizationId),
      ...judged(metadata, false),
      id: ctx.newId(),
      organizationId,
      origin: 'registered',
      registrationDigest: sha256(registrationToken),
      createdAt: ctx.now,
      updatedAt: ctx.now,
    })
    .returning()
  if (!client) throw new Error('A client was not inserted')
  const secret = await secretFor(ctx, client)
  const admission = initialAccessTokenId === undefined ? {} : { initial_access_token: initialAccessTokenId }
  await recordOf(ctx, 'oidc.client.register', { client, details: admission })
  return { client, secret, registrationToken }
}

/** The client that manages itself by this token. Throws invalid_token, also for a client that there is not. RFC 7592 §2 */
export async function getRegisteredClient(
  ctx: ReadCtx,
  { clientId, registrationToken }: RegistrationAccess,
): Promise<Row<'client'>> {
  const { client } = ctx.reader.t
  const digest = tokenDigest('registrationAccess', registrationToken)
  if (!digest) throw invalidToken('not a registration access token')
  const [row] = await ctx.reader
    .select()
    .from(client)
    .where(and(eq(client.id, clientId), eq(client.registrationDigest, digest)))
  if (!row) throw invalidToken('unknown client or registration access token')
  return row
}

export interface RegistrationAccess {
  readonly clientId: string
  readonly registrationToken: string
}

/**
 * Replaces what is registered. Throws invalid_token, and invalid_client_metadata for another secret, or for more than
 * the client may be. RFC 7592 §2.2
 */
export async function updateRegisteredClient(
  ctx: WriteCtx,
  access: RegistrationAccess,
  { metadata, presentedSecret }: { metadata: CompleteClientMetadata; presentedSecret: string | undefined },
): Promise<RegistrationOutcome> {
  const { client, clientSecret } = ctx.tx.t
  const known = await getRegisteredClient(ctx, access)
  requireVoucher({ ...known, metadata })
  const secrets = await ctx.tx.select().from(clientSecret).where(eq(clientSecret.clientId, known.id))
  if (presentedSecret !== undefined && !matchSecret(secrets, presentedSecret, ctx)) {
    throw invalidClientMetadata('The member client_secret is not the present one.')
  }
  const [row] = await ctx.tx
    .update(client)
    .set({ ...judged(metadata, known.requirePkce), updatedAt: ctx.now })
    .where(eq(client.id, known.id))
    .returning()
  if (!row) throw invalidToken('the client is gone')
  const keepsSecret =
    usesSecret(metadata) && secrets.some(({ sealed }) => !signsWithSecret(metadata) || sealed !== null)
  if (!keepsSecret) await ctx.tx.delete(clientSecret).where(eq(clientSecret.clientId, row.id))
  const secret = keepsSecret ? undefined : await secretFor(ctx, row)
  await recordOf(ctx, 'oidc.client.update', { ...byItself(row), details: { ...changesOf(known, row) } })
  return { client: row, secret }
}

/** With everything that was given out through it. Throws invalid_token. RFC 7592 §2.3 */
export async function deleteRegisteredClient(ctx: WriteCtx, access: RegistrationAccess): Promise<void> {
  const { id } = await getRegisteredClient(ctx, access)
  const { client } = ctx.tx.t
  const [row] = await ctx.tx.delete(client).where(eq(client.id, id)).returning()
  if (!row) throw invalidToken('the client is gone')
  const { organizationId, audiences } = row
  if (organizationId !== null) await releaseResources(ctx, { organizationId, identifiers: audiences })
  await recordOf(ctx, 'oidc.client.delete', byItself(row))
}

/**
 * Whether this token may register a client right now, without spending it: asked before anything else is looked at, or
 * fetched, for whoever has none. Throws invalid_token.
 */
export async function requireInitialAccess(ctx: ReadCtx, token: string | undefined): Promise<void> {
  if (token === undefined) return requireOpen(ctx)
  const { initialAccessToken } = ctx.reader.t
  const isIt = whereGood(ctx, token)
  const [good] = isIt
    ? await ctx.reader.select({ id: initialAccessToken.id }).from(initialAccessToken).where(isIt)
    : []
  if (!good) throw noGood()
}

interface Permission {
  /** That the client will belong to. */
  readonly organizationId: string | null
  /** Of what let it in. */
  readonly initialAccessTokenId?: string
}

/** A token is spent by one statement, so that none is twice. Throws invalid_token. */
async function permit(ctx: WriteCtx, token: string | undefined): Promise<Permission> {
  if (token === undefined) {
    requireOpen(ctx)
    return { organizationId: null }
  }
  const { initialAccessToken } = ctx.tx.t
  const isIt = whereGood(ctx, token)
  const [spent] = isIt
    ? await ctx.tx
        .update(initialAccessToken)
        .set({ usesLeft: plus(initialAccessToken.usesLeft, -1) })
        .where(isIt)
        .returning()
    : []
  if (!spent) throw noGood()
  await requireRoom(ctx, spent.organizationId)
  return { organizationId: spent.organizationId, initialAccessTokenId: spent.id }
}

function requireOpen({ config }: Pick<ReadCtx, 'config'>): void {
  if (config.oidc.dynamicRegistration === 'open') return
  throw invalidToken('registration without an initial access token')
}

function whereGood({ reader, now }: ReadCtx, token: string) {
  const { initialAccessToken } = reader.t
  const digest = tokenDigest('initialAccess', token)
  return (
    digest &&
    and(
      eq(initialAccessToken.digest, digest),
      gt(initialAccessToken.usesLeft, 0),
      gt(initialAccessToken.expiresAt, now),
    )
  )
}

const noGood = () => invalidToken('unknown, expired or spent initial access token')

/**
 * What follows from the metadata. The standard has no word for PKCE, and certified relying parties that register
 * themselves leave it out: it is required of those that nothing else protects, and where an administrator said so.
 */
const judged = (metadata: CompleteClientMetadata, requirePkce: boolean) => ({
  metadata,
  acceptsBasicAndPost: false,
  requirePkce: requirePkce || metadata.token_endpoint_auth_method === 'none',
})

const secretFor = async (ctx: WriteCtx, { id, metadata }: Row<'client'>): Promise<string | undefined> =>
  usesSecret(metadata) ? addSecret(ctx, { clientId: id, isSigning: signsWithSecret(metadata) }) : undefined

interface Registered {
  readonly client: Row<'client'>
  /** Undefined: nobody that is known. */
  readonly actor?: Actor
  readonly details?: Readonly<Record<string, unknown>>
}

/** Its registration access token says that it is the client. */
const byItself = (client: Row<'client'>): Registered => ({
  client,
  actor: { kind: 'client', clientId: client.id },
})

async function recordOf(
  ctx: WriteCtx,
  action: 'oidc.client.register' | 'oidc.client.update' | 'oidc.client.delete',
  { client: { id, organizationId, metadata }, actor, details }: Registered,
): Promise<void> {
  await record(ctx, {
    action,
    target: { type: 'client', id },
    ...(organizationId === null ? {} : { organizationId }),
    ...(actor && { actor }),
    details: { name: metadata.client_name ?? null, by: 'itself', ...details },
  })
}
