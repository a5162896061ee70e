import { and, eq, inArray, ne } from 'drizzle-orm'
import type { Config } from '../config/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { conflict, validationError } from '../kernel/index.ts'

/** What access tokens for this server's own REST API name as their audience. RFC 8707 §2, RFC 9728 §1.2 */
export const apiResource = ({ oidc }: { readonly oidc: Pick<Config['oidc'], 'issuer'> }): string =>
  `${oidc.issuer}/api`

/** Whether a resource is this server itself, which is no organization's. */
export const isOwnResource = (
  identifier: string,
  config: { readonly oidc: Pick<Config['oidc'], 'issuer'> },
): boolean => identifier === config.oidc.issuer || identifier === apiResource(config)

/** The audiences of a client that its organization holds: all but the foreign ones. No organization, none held. */
export const heldAudiences = ({
  organizationId,
  audiences,
  foreignAudiences,
}: Pick<Row<'client'>, 'organizationId' | 'audiences' | 'foreignAudiences'>): readonly string[] =>
  organizationId === null ? [] : audiences.filter((identifier) => !foreignAudiences.includes(identifier))

export interface ListedResources {
  readonly organizationId: string
  readonly identifiers: readonly string[]
}

/**
 * Makes resources the organization's, first come: before a client lists them. Of several organizations at once one
 * gets each. Throws CONFLICT for those of another, whose name is not told, and VALIDATION_ERROR for this server's own.
 */
export async function claimResources(
  ctx: WriteCtx,
  { organizationId, identifiers }: ListedResources,
): Promise<void> {
  if (identifiers.length === 0) return
  if (identifiers.some((identifier) => isOwnResource(identifier, ctx.config))) {
    throw validationError({ audiences: ['must not name this server itself, whose scopes open its API'] })
  }
  const { resource } = ctx.tx.t
  const wanted = inOrder(identifiers)
  const held = await ctx.tx
    .insert(resource)
    .values(wanted.map((identifier) => ({ identifier, organizationId, createdAt: ctx.now })))
    // Also the lock under which nobody gives up what is about to be listed once more.
    .onConflictDoUpdate({
      target: resource.identifier,
      set: { organizationId },
      setWhere: eq(resource.organizationId, organizationId),
    })
    .returning({ identifier: resource.identifier })
  const taken = wanted.filter((one) => !held.some(({ identifier }) => identifier === one))
  if (taken.length > 0) throw areTaken(taken)
  await makeUsable(ctx, { organizationId, identifiers })
}

/**
 * Gives up what no client of the organization lists any more, after one has gone or changed. Reads the clients of
 * this organization, of which there are MAX_CLIENTS, by their index.
 */
export async function releaseResources(
  ctx: WriteCtx,
  { organizationId, identifiers }: ListedResources,
): Promise<void> {
  if (identifiers.length === 0) return
  const { client, resource } = ctx.tx.t
  const areTheirs = and(
    inArray(resource.identifier, inOrder(identifiers)),
    eq(resource.organizationId, organizationId),
  )
  // Locked before the clients are read, so that one which begins to list it at once is seen, or waits and claims anew.
  await ctx.tx.update(resource).set({ organizationId }).where(areTheirs)
  const left = await ctx.tx
    .select({ audiences: client.audiences })
    .from(client)
    .where(and(eq(client.organizationId, organizationId), ne(client.audiences, [])))
  const listed = new Set(left.flatMap(({ audiences }) => audiences))
  const unlisted = identifiers.filter((identifier) => !listed.has(identifier))
  if (unlisted.length === 0) return
  await ctx.tx.delete(resource).where(and(areTheirs, inArray(resource.identifier, unlisted)))
}

/** Whose each of these resources is: those that nobody holds are not in it. */
export async function findResourceOwners(
  { reader }: ReadCtx,
  identifiers: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { resource } = reader.t
  const rows = await reader
    .select({ identifier: resource.identifier, organizationId: resource.organizationId })
    .from(resource)
    .where(inArray(resource.identifier, [...identifiers]))
  return new Map(rows.map(({ identifier, organizationId }) => [identifier, organizationId]))
}

/** What was another organization's is this one's now: for its other clients that list it, too. */
async function makeUsable(ctx: WriteCtx, { organizationId, identifiers }: ListedResources): Promise<void> {
  const { client } = ctx.tx.t
  const waiting = await ctx.tx
    .select({ id: client.id, foreignAudiences: client.foreignAudiences })
    .from(client)
    .where(and(eq(client.organizationId, organizationId), ne(client.foreignAudiences, [])))
  for (const { id, foreignAudiences } of waiting) {
    const left = foreignAudiences.filter((identifier) => !identifiers.includes(identifier))
    await ctx.tx.update(client).set({ foreignAudiences: left }).where(eq(client.id, id))
  }
}

/** The same for everybody, so that two who want several never wait for one another. */
const inOrder = (identifiers: readonly string[]): string[] => [...new Set(identifiers)].sort()

const areTaken = (audiences: readonly string[]) =>
  conflict(
    `Another organization has this resource already: ${audiences.join(' ')}. Ask it to take the resource out of its applications, or an administrator of this server.`,
    { audiences },
  )
