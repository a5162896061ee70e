import { describe, expect, test } from 'bun:test'
import { eq, inArray } from 'drizzle-orm'
import type { WriteCtx } from '../../src/db/index.ts'
import { addSeconds, DAY } from '../../src/kernel/index.ts'
import { createOrganization } from '../../src/organizations/index.ts'
import { endUserTokens } from '../../src/sessions/index.ts'
import { createUser } from '../../src/users/index.ts'
import { PLANTS } from '../jobs/expiring.ts'
import { type TestDialect, testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'

const KINDS = ['authorization_codes', 'refresh_tokens', 'access_tokens'] as const

/** Two people, each with a code and tokens. */
async function withTwoOwners(dialect: TestDialect) {
  const server = await testServer({ dialect })
  const plant = (email: string, slug: string) =>
    server.write(async (ctx) => {
      const user = await createUser(ctx, { email, isEmailVerified: true })
      const organization = await createOrganization(ctx, user.id, { name: slug, slug })
      const owner = { userId: user.id, organizationId: organization.id }
      for (const kind of KINDS) await PLANTS[kind]?.(ctx, owner, addSeconds(ctx.now, DAY))
      return user.id
    })
  const ada = await plant('ada@example.com', 'acme')
  const bob = await plant('bob@example.com', 'globex')
  /** How many codes, refresh tokens and access tokens each of them has. */
  const held = async () => {
    const { reader } = server.deps.database
    const { authorizationCode, refreshToken, accessToken } = reader.t
    const ofUser = async (userId: string) => [
      await reader.$count(authorizationCode, eq(authorizationCode.userId, userId)),
      await reader.$count(refreshToken, eq(refreshToken.userId, userId)),
      await reader.$count(accessToken, eq(accessToken.userId, userId)),
    ]
    return { ada: await ofUser(ada), bob: await ofUser(bob) }
  }
  return { ...server, ada, held }
}

const ALL = [1, 1, 1]
const NONE = [0, 0, 0]

/** What can go away under codes and tokens. */
const ENDINGS: Readonly<Record<string, (ctx: WriteCtx, userId: string) => Promise<unknown>>> = {
  'their user': ({ tx }, userId) => tx.delete(tx.t.user).where(eq(tx.t.user.id, userId)),
  'their client': ({ tx }, userId) => {
    const { client, grant } = tx.t
    const clients = tx.select({ id: grant.clientId }).from(grant).where(eq(grant.userId, userId))
    return tx.delete(client).where(inArray(client.id, clients))
  },
  'their grant': ({ tx }, userId) => tx.delete(tx.t.grant).where(eq(tx.t.grant.userId, userId)),
  'all access of their user': (ctx, userId) => endUserTokens(ctx, userId),
}

describe.each(testDialects)('codes and tokens on $name', (dialect) => {
  test.each(Object.entries(ENDINGS))('go with %s, and nobody else’s do', async (_, end) => {
    await using server = await withTwoOwners(dialect)
    expect(await server.held()).toEqual({ ada: ALL, bob: ALL })
    await server.write((ctx) => end(ctx, server.ada))
    expect(await server.held()).toEqual({ ada: NONE, bob: ALL })
  })
})
