import { and, desc, eq, lt } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { type Caller, type CursorSigner, type Page, type PageQuery, readPage } from '../http/index.ts'
import { conflict, createToken, notFound, sha256, TOKEN_PREFIX, validationError } from '../kernel/index.ts'
import type { NewApiKey } from './schema.ts'

export const MAX_API_KEYS = 50
/** Enough of a key to tell it from its owner's others, and far too little to guess the rest. */
const HINT_LENGTH = TOKEN_PREFIX.apiKey.length + 4

/**
 * Makes an API key. It is returned here and nowhere else: only its digest is stored. Throws CONFLICT for a name
 * that is taken and past 50 keys, VALIDATION_ERROR for what the caller may not hand out. The bound spans rows:
 * run it in a serializable transaction.
 */
export async function createApiKey(
  ctx: WriteCtx,
  caller: Pick<Caller, 'user' | 'memberships'>,
  input: NewApiKey,
): Promise<{ key: string; apiKey: Row<'apiKey'> }> {
  refuseExcess(caller, input)
  const expiresAt = input.expires_at === undefined ? null : new Date(input.expires_at)
  if (expiresAt && expiresAt <= ctx.now) throw validationError({ expires_at: ['must lie in the future'] })
  const { apiKey } = ctx.tx.t
  const userId = caller.user.id
  if ((await ctx.tx.$count(apiKey, eq(apiKey.userId, userId))) >= MAX_API_KEYS) {
    throw conflict(`A user has at most ${MAX_API_KEYS} API keys. Revoke one that is not in use.`)
  }
  const key = createToken('apiKey', ctx.random)
  const [row] = await ctx.tx
    .insert(apiKey)
    .values({
      id: ctx.newId(),
      userId,
      organizationId: input.organization_id ?? null,
      name: input.name,
      digest: sha256(key),
      hint: key.slice(0, HINT_LENGTH),
      scopes: [...new Set(input.scopes)],
      createdAt: ctx.now,
      expiresAt,
      lastUsedAt: null,
    })
    .onConflictDoNothing({ target: [apiKey.userId, apiKey.name] })
    .returning()
  if (!row) throw conflict('You have an API key of this name already.')
  await record(ctx, {
    action: 'api_key.create',
    target: { type: 'api_key', id: row.id },
    ...(row.organizationId === null ? {} : { organizationId: row.organizationId }),
    details: { scopes: row.scopes },
  })
  return { key, apiKey: row }
}

/** A key never reaches further than the person who makes it. */
function refuseExcess({ user, memberships }: Pick<Caller, 'user' | 'memberships'>, input: NewApiKey): void {
  const isForInstance = input.scopes.some((scope) => scope.startsWith('admin:'))
  if (isForInstance && !user.isInstanceAdmin) {
    throw validationError({ scopes: ['admin scopes are for instance administrators'] })
  }
  if (input.organization_id === undefined) return
  if (isForInstance) throw validationError({ scopes: ['a key for one organization has no admin scope'] })
  const membership = memberships.find(({ organizationId }) => organizationId === input.organization_id)
  if (membership?.status !== 'active') {
    throw validationError({ organization_id: ['must be an organization that you are an active member of'] })
  }
}

/** A user's API keys, newest first, expired ones among them. */
export function listApiKeys(
  ctx: ReadCtx,
  input: { userId: string; query: PageQuery; cursors: CursorSigner },
): Promise<Page<Row<'apiKey'>>> {
  const { apiKey } = ctx.reader.t
  const { userId, query, cursors } = input
  const key = ({ id }: Row<'apiKey'>) => [id]
  return readPage({ cursors, list: 'api_keys', query, key }, (count, after) =>
    ctx.reader
      .select()
      .from(apiKey)
      .where(and(eq(apiKey.userId, userId), after && lt(apiKey.id, String(after[0]))))
      .orderBy(desc(apiKey.id))
      .limit(count),
  )
}

/** Ends one API key of this user. Throws NOT_FOUND. */
export async function revokeApiKey(ctx: WriteCtx, owner: { userId: string; id: string }): Promise<void> {
  const { apiKey } = ctx.tx.t
  const [gone] = await ctx.tx
    .delete(apiKey)
    .where(and(eq(apiKey.id, owner.id), eq(apiKey.userId, owner.userId)))
    .returning({ organizationId: apiKey.organizationId })
  if (!gone) throw notFound('API key')
  await record(ctx, {
    action: 'api_key.revoke',
    target: { type: 'api_key', id: owner.id },
    ...(gone.organizationId === null ? {} : { organizationId: gone.organizationId }),
  })
}

/** Ends all API keys of a user and returns how many there were; what makes it necessary records it. */
export async function revokeApiKeys(ctx: WriteCtx, userId: string): Promise<number> {
  const { apiKey } = ctx.tx.t
  const gone = await ctx.tx.delete(apiKey).where(eq(apiKey.userId, userId)).returning({ id: apiKey.id })
  return gone.length
}
