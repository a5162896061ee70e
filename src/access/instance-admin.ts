import { and, eq, ne } from 'drizzle-orm'
import type { WriteCtx } from '../db/index.ts'
import { conflict } from '../kernel/index.ts'

/**
 * Throws CONFLICT unless somebody else is an active instance administrator: an instance is never left without
 * one. The rule spans rows: what relies on it runs in a serializable transaction.
 */
export async function requireOtherInstanceAdmin(ctx: WriteCtx, userId: string): Promise<void> {
  const { user } = ctx.tx.t
  const [other] = await ctx.tx
    .select({ id: user.id })
    .from(user)
    .where(and(eq(user.isInstanceAdmin, true), eq(user.status, 'active'), ne(user.id, userId)))
    .limit(1)
  if (!other) throw conflict('This is the last instance administrator. Appoint another one first.')
}
