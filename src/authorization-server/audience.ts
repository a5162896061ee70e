import { and, eq, inArray } from 'drizzle-orm'
import {
  apiResource,
  findResourceOwners,
  heldAudiences,
  isOwnResource,
  type StoredClient,
} from '../clients/index.ts'
import type { Config } from '../config/index.ts'
import type { ReadCtx } from '../db/index.ts'
import { invalidTarget } from '../protocol/oauth/index.ts'
import { clientScopes, hasApiScope } from './scopes.ts'

type Client = Pick<StoredClient, 'audiences' | 'foreignAudiences' | 'metadata' | 'origin' | 'organizationId'>

/** Resources that tokens are asked for, and who for. */
export interface AskedResources {
  readonly resources: readonly string[]
  /** Null: for nobody but the client itself; undefined: nobody knows yet. */
  readonly userId: string | null | undefined
}

export interface JudgedResources {
  /** Those that the client may have tokens for. */
  readonly open: readonly string[]
  /** Whether these are all of them. */
  readonly areOpen: boolean
  /** Those that are neither this server's nor of the client's own organization, which cannot decide about them. */
  readonly ofOthers: readonly string[]
}

/** Throws invalid_target unless the client may have tokens for all of these resources. RFC 8707 §2 */
export async function requireResources(ctx: ReadCtx, client: Client, asked: AskedResources): Promise<void> {
  const { areOpen } = await judgeResources(ctx, client, asked)
  if (!areOpen) throw invalidTarget('A resource is not open to this client.')
}

/**
 * A client that was set up here has the resources that it lists and its organization holds, which needs no look at the
 * database. One that nobody set up may name any that no organization holds: such a token is good where it says, and
 * nowhere else. One that an organization holds is for the clients of that one, and for its members by a client that is
 * of no organization.
 */
export async function judgeResources(
  ctx: ReadCtx,
  client: Client,
  { resources, userId }: AskedResources,
): Promise<JudgedResources> {
  const { config } = ctx
  const held = heldAudiences(client)
  const foreign = resources.filter((resource) => !isOwnResource(resource, config) && !held.includes(resource))
  const { closed, ofOthers } = await judgeForeign(ctx, client, { resources: foreign, userId })
  const open = resources.filter((resource) =>
    resource === apiResource(config) ? hasApiScope(clientScopes(client)) : !closed.includes(resource),
  )
  return { open, areOpen: open.length === resources.length, ofOthers }
}

async function judgeForeign(
  ctx: ReadCtx,
  { origin, audiences, organizationId }: Client,
  { resources, userId }: AskedResources,
): Promise<Pick<JudgedResources, 'ofOthers'> & { readonly closed: readonly string[] }> {
  const isUnconfigured = origin !== 'created' && audiences.length === 0
  if (!isUnconfigured || resources.length === 0) return { closed: resources, ofOthers: resources }
  const owners = await findResourceOwners(ctx, resources)
  const ofOthers = resources.filter(
    (resource) => organizationId === null || owners.get(resource) !== organizationId,
  )
  const owned = ofOthers.filter((resource) => owners.has(resource))
  if (owned.length === 0) return { closed: [], ofOthers }
  if (organizationId !== null || userId === null) return { closed: owned, ofOthers }
  if (userId === undefined) return { closed: [], ofOthers }
  const joined = await findMemberships(ctx, userId, [...owners.values()])
  return { closed: owned.filter((resource) => !joined.has(owners.get(resource))), ofOthers }
}

/** In which of these organizations somebody is an active member. */
async function findMemberships(
  { reader }: ReadCtx,
  userId: string,
  organizationIds: readonly string[],
): Promise<ReadonlySet<string | undefined>> {
  const { member } = reader.t
  const rows = await reader
    .select({ organizationId: member.organizationId })
    .from(member)
    .where(
      and(
        eq(member.userId, userId),
        inArray(member.organizationId, [...organizationIds]),
        eq(member.status, 'active'),
      ),
    )
  return new Set(rows.map(({ organizationId }) => organizationId))
}

/** The resources of one token, which may be fewer than were allowed. Throws invalid_target. RFC 8707 §2.2 */
export function narrowedResources(
  requested: readonly string[],
  allowed: readonly string[],
): readonly string[] {
  if (requested.length === 0) return allowed
  if (!requested.every((resource) => allowed.includes(resource))) {
    throw invalidTarget('A resource goes beyond what was allowed.')
  }
  return requested
}

/**
 * Whom an access token is for: the resources that were asked for, else the one that the scope or the client points
 * to. With `openid` it is for userinfo, too. Throws invalid_target where the one that the client points to is another
 * organization's, and the token would be for nobody. RFC 9068 §3
 */
export function audienceOf(
  client: Client,
  { resources, scope }: { readonly resources: readonly string[]; readonly scope: readonly string[] },
  config: Config,
): readonly string[] {
  const usual = hasApiScope(scope) ? [apiResource(config)] : usualAudience(client)
  const named = resources.length > 0 ? resources : usual
  const isListless = client.audiences.length === 0
  if (named.length === 0 && !isListless && !scope.includes('openid')) {
    throw invalidTarget('The resource of this client is of another organization.')
  }
  const isForIssuer = scope.includes('openid') || named.length === 0
  return [...new Set([...named, ...(isForIssuer ? [config.oidc.issuer] : [])])]
}

/** The first that it lists, if that is to be had: never another in its place. */
const usualAudience = (client: Client): readonly string[] => {
  const held = heldAudiences(client)
  return client.audiences.slice(0, 1).filter((resource) => held.includes(resource))
}
