import { and, eq, gt } from 'drizzle-orm'
import { z } from 'zod'
import { record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { type CursorSigner, Id, Instant, type Page, type PageQuery, readPage } from '../http/index.ts'
import { notFound } from '../kernel/index.ts'
import { resourceDetails } from './agreement.ts'
import { auditedClient } from './audited-client.ts'
import { ShownClient } from './interaction-schema.ts'
import { shownClientView } from './interaction-views.ts'

export const HeldGrant = z.object({
  id: Id,
  client: ShownClient,
  scopes: z.array(z.string()).describe('Agreed to so far; what its organization decided is not asked for'),
  resources: z.array(z.string()).describe('The same, of resources that it gets tokens for (RFC 8707)'),
  created_at: Instant,
  updated_at: Instant,
})
export type HeldGrant = z.infer<typeof HeldGrant>

interface GrantWithClient {
  readonly grant: Row<'grant'>
  readonly client: Row<'client'>
}

/** What a user has agreed to for one client, with all that came of it; undefined where they have not signed in to it. */
export async function findGrant(
  { reader }: ReadCtx,
  client: Pick<Row<'client'>, 'id'>,
  userId: string,
): Promise<Row<'grant'> | undefined> {
  const { grant } = reader.t
  const [row] = await reader
    .select()
    .from(grant)
    .where(and(eq(grant.userId, userId), eq(grant.clientId, client.id)))
  return row
}

/** The applications that a user has signed in to or given access, page by page. */
export function listGrants(
  ctx: ReadCtx,
  { userId, query, cursors }: { userId: string; query: PageQuery; cursors: CursorSigner },
): Promise<Page<GrantWithClient>> {
  const { grant, client } = ctx.reader.t
  const key = (row: GrantWithClient) => [row.grant.id]
  return readPage({ cursors, list: `grants:${userId}`, query, key }, (count, after) =>
    ctx.reader
      .select({ grant, client })
      .from(grant)
      .innerJoin(client, eq(client.id, grant.clientId))
      .where(and(eq(grant.userId, userId), after && gt(grant.id, String(after[0]))))
      .orderBy(grant.id)
      .limit(count),
  )
}

/** All of them, for the export of what is held on a person; one at most for each application. */
export async function collectGrants({ reader }: ReadCtx, userId: string): Promise<HeldGrant[]> {
  const { grant, client } = reader.t
  const rows = await reader
    .select({ grant, client })
    .from(grant)
    .innerJoin(client, eq(client.id, grant.clientId))
    .where(eq(grant.userId, userId))
    .orderBy(grant.id)
  return rows.map(grantView)
}

/** Ends a consent and, by the foreign keys, every code and token that came of it. Throws NOT_FOUND. */
export async function revokeGrant(
  ctx: WriteCtx,
  { userId, id }: { readonly userId: string; readonly id: string },
): Promise<void> {
  const { grant, client } = ctx.tx.t
  const [gone] = await ctx.tx
    .delete(grant)
    .where(and(eq(grant.id, id), eq(grant.userId, userId)))
    .returning()
  if (!gone) throw notFound('Grant')
  const [application] = await ctx.tx.select().from(client).where(eq(client.id, gone.clientId))
  if (!application) throw new Error('A grant without its client')
  await record(ctx, {
    action: 'oidc.grant.revoke',
    ...auditedClient(application),
    details: { grant: id, scope: gone.scopes, ...resourceDetails(gone.resources) },
  })
}

export const grantView = ({ grant, client }: GrantWithClient): HeldGrant => ({
  id: grant.id,
  client: shownClientView(client),
  scopes: [...grant.scopes],
  resources: [...grant.resources],
  created_at: grant.createdAt.toISOString(),
  updated_at: grant.updatedAt.toISOString(),
})
