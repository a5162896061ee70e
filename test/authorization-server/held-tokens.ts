import { eq } from 'drizzle-orm'
import { addSeconds, DAY } from '../../src/kernel/index.ts'
import { createOrganization } from '../../src/organizations/index.ts'
import { PLANTS } from '../jobs/expiring.ts'
import type { TestServer } from '../support/server.ts'

const KINDS = ['authorization_codes', 'refresh_tokens', 'access_tokens', 'device_authorizations'] as const

type Of = Pick<TestServer, 'read' | 'write'>

/** Gives a user a code, a refresh token, an access token and a device that waits with their approval. */
export const plantTokens = (t: Of, userId: string): Promise<void> =>
  t.write(async (ctx) => {
    const { id: organizationId } = await createOrganization(ctx, userId, { name: `Acme ${ctx.newId()}` })
    for (const kind of KINDS) await PLANTS[kind]?.(ctx, { userId, organizationId }, addSeconds(ctx.now, DAY))
    const { deviceAuthorization } = ctx.tx.t
    await ctx.tx
      .update(deviceAuthorization)
      .set({ userId, status: 'approved' })
      .where(eq(deviceAuthorization.status, 'pending'))
  })

/** How many codes, refresh tokens, access tokens and waiting devices a user has. */
export const heldTokens = (t: Of, userId: string): Promise<number[]> =>
  t.read(async ({ reader }) => {
    const { authorizationCode, refreshToken, accessToken, deviceAuthorization } = reader.t
    const tables = [authorizationCode, refreshToken, accessToken, deviceAuthorization]
    return Promise.all(tables.map((table) => reader.$count(table, eq(table.userId, userId))))
  })

export const ALL_TOKENS = [1, 1, 1, 1]
export const NO_TOKENS = [0, 0, 0, 0]
