import { and, eq } from 'drizzle-orm'
import type { ReadCtx } from '../db/index.ts'
import { conflict } from '../kernel/index.ts'
import { circumstancesOf } from './circumstances.ts'
import { missingOf, requirementOf } from './requirement.ts'

export interface RemainingFactors {
  readonly hasTotp: boolean
  readonly hasWebauthn: boolean
  /** The id of the passkey that goes. Where an organization lists models, those that stay may not count. */
  readonly withoutCredentialId?: string | undefined
}

/**
 * Refuses to remove a factor that an organization insists on. Throws CONFLICT, which names the organizations,
 * when a policy that the user satisfies now would not be satisfied by what remains.
 */
export async function requireRemovable(
  ctx: ReadCtx,
  userId: string,
  remaining: RemainingFactors,
): Promise<void> {
  const { member } = ctx.reader.t
  const members = await ctx.reader
    .select({ organizationId: member.organizationId, userId: member.userId })
    .from(member)
    .where(and(eq(member.userId, userId), eq(member.status, 'active')))
  const before = await circumstancesOf(ctx, members)
  const after = await circumstancesOf(ctx, members, remaining)
  const insisting = members.flatMap((each) => {
    const now = before(each)
    const then = after(each)
    if (!now || !then) return []
    const requirement = requirementOf(now.policy.mfaMode, now.override, ctx.now)
    const left = {
      hasTotp: remaining.hasTotp && then.factors.hasTotp,
      hasWebauthn: remaining.hasWebauthn && then.factors.hasWebauthn,
    }
    const isSatisfied = missingOf(requirement, now.factors).length === 0
    const missing = missingOf(requirement, left)
    if (!isSatisfied || missing.length === 0) return []
    return [{ id: each.organizationId, name: now.organizationName, missing_methods: missing }]
  })
  if (insisting.length === 0) return
  const names = insisting.map(({ name }) => `“${name}”`).join(', ')
  throw conflict(`${names} requires this second factor. Enrol another one that will do first.`, {
    organizations: insisting,
  })
}
