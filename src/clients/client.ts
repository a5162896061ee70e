import { and, eq, gt } from 'drizzle-orm'
import { type AuditAction, record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { type CursorSigner, type Page, type PageQuery, readPage } from '../http/index.ts'
import { conflict, notFound, validationError } from '../kernel/index.ts'
import { areDepartments } from '../organizations/index.ts'
import { changesOf } from './changes.ts'
import { claimResources, releaseResources } from './resources.ts'
import type { ClientChange, NewClient, SecretRotation, StoredClient } from './schema.ts'
import { addSecret, replaceSecret, SECRET_OVERLAP_SECONDS } from './secrets.ts'
import { changeSettings, defaultSettings, signsWithSecret, usesSecret } from './settings.ts'

export interface ClientKey {
  readonly organizationId: string
  readonly clientId: string
}

/** How many clients an organization may have: counted before the insert, so a few more at the same moment pass. */
export const MAX_CLIENTS = 500

export interface ClientCreation {
  readonly organizationId: string
  readonly body: NewClient
  /** In place of new ones: for sample data only. */
  readonly given?: { readonly id: string; readonly secret?: string }
}

/**
 * Makes a client, and its secret where it uses one: returned here and nowhere else. Throws VALIDATION_ERROR for
 * settings that do not fit together and departments of others, CONFLICT where there are too many and for audiences of
 * others. Run it in a serializable transaction where it names departments, which may go meanwhile.
 */
export async function createClient(
  ctx: WriteCtx,
  { organizationId, body, given }: ClientCreation,
): Promise<{ client: Row<'client'>; secret: string | undefined }> {
  const { client } = ctx.tx.t
  await requireRoom(ctx, organizationId)
  const settings = changeSettings(defaultSettings(organizationId), body, {
    ...ctx.config.oidc,
    organizationId,
  })
  await requireDepartments(ctx, organizationId, settings.access)
  await claimResources(ctx, { organizationId, identifiers: settings.audiences })
  const [row] = await ctx.tx
    .insert(client)
    .values({
      ...settings,
      id: given?.id ?? ctx.newId(),
      organizationId,
      origin: 'created',
      registrationDigest: null,
      createdAt: ctx.now,
      updatedAt: ctx.now,
    })
    .onConflictDoNothing({ target: client.id })
    .returning()
  if (!row) throw conflict('There is a client of this id already.')
  const secret = usesSecret(row.metadata)
    ? await addSecret(ctx, {
        clientId: row.id,
        isSigning: signsWithSecret(row.metadata),
        secret: given?.secret,
      })
    : undefined
  await recordOf(ctx, 'oidc.client.create', row, {
    auth_method: row.metadata.token_endpoint_auth_method,
    ...(row.audiences.length > 0 ? { audiences: row.audiences } : {}),
  })
  return { client: row, secret }
}

/** With what is known of its secrets. Throws NOT_FOUND, also for a client of another organization. */
export async function getClient(ctx: ReadCtx, key: ClientKey): Promise<StoredClient> {
  const { client, clientSecret } = ctx.reader.t
  const [row] = await ctx.reader.select().from(client).where(isClient(ctx, key))
  if (!row) throw notFound('Client')
  const secrets = await ctx.reader
    .select()
    .from(clientSecret)
    .where(eq(clientSecret.clientId, row.id))
    .orderBy(clientSecret.id)
  return { ...row, secrets: secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > ctx.now) }
}

export function listClients(
  ctx: ReadCtx,
  { organizationId, query }: { organizationId: string; query: PageQuery },
  cursors: CursorSigner,
): Promise<Page<Row<'client'>>> {
  const { client } = ctx.reader.t
  const list = `clients:${organizationId}`
  return readPage({ cursors, list, query, key: ({ id }) => [id] }, (count, after) =>
    ctx.reader
      .select()
      .from(client)
      .where(and(eq(client.organizationId, organizationId), after && gt(client.id, String(after[0]))))
      .orderBy(client.id)
      .limit(count),
  )
}

/**
 * Throws as creating does, and NOT_FOUND. A client that stops using a secret loses those it has; one that begins
 * to gets its first by `rotateClientSecret`. Run it in a serializable transaction: it reads what it changes.
 */
export async function updateClient(
  ctx: WriteCtx,
  key: ClientKey,
  change: ClientChange,
): Promise<Row<'client'>> {
  const { client, clientSecret } = ctx.tx.t
  const current = await getClient(ctx, key)
  const settings = changeSettings(current, change, { ...ctx.config.oidc, ...key })
  const { organizationId } = key
  if (change.access) await requireDepartments(ctx, organizationId, settings.access)
  if (change.audiences) await claimResources(ctx, { organizationId, identifiers: settings.audiences })
  const [row] = await ctx.tx
    .update(client)
    .set({ ...settings, updatedAt: ctx.now })
    .where(isClient(ctx, key))
    .returning()
  if (!row) throw notFound('Client')
  if (!usesSecret(row.metadata)) await ctx.tx.delete(clientSecret).where(eq(clientSecret.clientId, row.id))
  const dropped = current.audiences.filter((identifier) => !row.audiences.includes(identifier))
  await releaseResources(ctx, { organizationId, identifiers: dropped })
  await recordOf(ctx, 'oidc.client.update', row, { ...changesOf(current, row) })
  return row
}

/** With everything that was given out through it. Throws NOT_FOUND. */
export async function deleteClient(ctx: WriteCtx, key: ClientKey): Promise<void> {
  const [row] = await ctx.tx.delete(ctx.tx.t.client).where(isClient(ctx, key)).returning()
  if (!row) throw notFound('Client')
  await releaseResources(ctx, { organizationId: key.organizationId, identifiers: row.audiences })
  await recordOf(ctx, 'oidc.client.delete', row)
}

/**
 * A new secret, shown for the only time; the present one goes on for a while, any older one ends. Throws
 * NOT_FOUND, and CONFLICT for a client that uses none.
 */
export async function rotateClientSecret(
  ctx: WriteCtx,
  key: ClientKey,
  { overlap_seconds: overlapSeconds = SECRET_OVERLAP_SECONDS }: SecretRotation,
): Promise<{ client: Row<'client'>; secret: string }> {
  // Also the lock under which no other rotation of this client runs.
  const [row] = await ctx.tx
    .update(ctx.tx.t.client)
    .set({ updatedAt: ctx.now })
    .where(isClient(ctx, key))
    .returning()
  if (!row) throw notFound('Client')
  if (!usesSecret(row.metadata)) {
    const method = row.metadata.token_endpoint_auth_method
    throw conflict(`This client has no secret: it authenticates by ${method}.`)
  }
  const isSigning = signsWithSecret(row.metadata)
  const secret = await replaceSecret(ctx, { clientId: row.id, isSigning, overlapSeconds })
  await recordOf(ctx, 'oidc.client.secret_rotate', row, { overlap_seconds: overlapSeconds })
  return { client: row, secret }
}

/** Throws CONFLICT when an organization has as many clients as it may. */
export async function requireRoom(ctx: ReadCtx, organizationId: string): Promise<void> {
  const { client } = ctx.reader.t
  const existing = await ctx.reader.$count(client, eq(client.organizationId, organizationId))
  if (existing >= MAX_CLIENTS) {
    throw conflict(`There are already ${MAX_CLIENTS} clients; there cannot be more.`, { limit: MAX_CLIENTS })
  }
}

/** Throws VALIDATION_ERROR unless each that is named is a department of the organization. */
async function requireDepartments(
  ctx: ReadCtx,
  organizationId: string,
  { departmentIds }: Row<'client'>['access'],
): Promise<void> {
  if (await areDepartments(ctx, organizationId, departmentIds)) return
  throw validationError({
    'access.department_ids': ['must be ids of departments of this organization'],
  })
}

function isClient({ reader }: ReadCtx, { organizationId, clientId }: ClientKey) {
  const { client } = reader.t
  return and(eq(client.organizationId, organizationId), eq(client.id, clientId))
}

async function recordOf(
  ctx: WriteCtx,
  action: AuditAction,
  { id, organizationId, metadata }: Row<'client'>,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await record(ctx, {
    action,
    target: { type: 'client', id },
    ...(organizationId === null ? {} : { organizationId }),
    details: { name: metadata.client_name ?? null, ...details },
  })
}
