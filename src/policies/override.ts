import { and, eq } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import { type Caller, instantOrNull, type Membership } from '../http/index.ts'
import { addSeconds, DAY, forbidden, validationError } from '../kernel/index.ts'
import { getMember } from '../organizations/index.ts'
import type { MemberKey } from './circumstances.ts'
import { evaluateMember } from './evaluate.ts'
import { asksMore, isExempt, type Requirement, requirementOf } from './requirement.ts'
import type { OverrideChange } from './schema.ts'
import { getSecurityPolicy } from './security-policy.ts'

/** A year from now, be it a leap year. */
const MAX_EXEMPTION_SECONDS = 366 * DAY

type OverrideRow = Row<'securityPolicyOverride'>

export interface MemberOverride {
  /** Undefined: the member inherits. */
  readonly row: OverrideRow | undefined
  /** What is asked of the member by it and the policy together. */
  readonly requirement: Requirement
}

/** What is different for a member. Throws NOT_FOUND. */
export async function getOverride(ctx: ReadCtx, key: MemberKey): Promise<MemberOverride> {
  await getMember(ctx, key)
  const row = await findOverride(ctx, key)
  const { mfaMode } = await getSecurityPolicy(ctx, key.organizationId)
  return { row, requirement: requirementOf(mfaMode, row, ctx.now) }
}

/**
 * Sets what is different for a member, and judges them by it. Throws NOT_FOUND; AUTHORIZATION_ERROR for the
 * owner's by anybody else, and for an administrator who would ask less of themselves; VALIDATION_ERROR for an
 * exemption without an end, or with one that is too far.
 */
export async function setOverride(
  ctx: WriteCtx,
  { by, caller, userId }: { by: Membership; caller: Caller; userId: string },
  change: OverrideChange,
): Promise<MemberOverride> {
  const key = { organizationId: by.organizationId, userId }
  const member = await getMember(ctx, key)
  if (member.role === 'owner' && by.role !== 'owner') {
    throw forbidden("Only the owner may change the owner's own policy.")
  }
  const before = await getOverride(ctx, key)
  const after = await become(ctx, { ...key, setBy: caller.user.id }, { before, change })
  const isSelf = userId === caller.user.id && by.role !== 'owner'
  if (isSelf && (change.mode === 'exempt' || asksMore(before.requirement, after.requirement))) {
    throw forbidden('You may not ask less of yourself. Ask the owner or another administrator.')
  }
  await store(ctx, key, after.row)
  await record(ctx, {
    action: 'user.security_policy.override',
    organizationId: key.organizationId,
    target: { type: 'user', id: userId },
    details: { from: detailsOf(before.row), to: detailsOf(after.row), reason: change.reason },
  })
  await evaluateMember(ctx, key)
  return after
}

async function become(
  ctx: WriteCtx,
  key: Pick<OverrideRow, 'organizationId' | 'userId' | 'setBy'>,
  { before, change }: { before: MemberOverride; change: OverrideChange },
): Promise<MemberOverride> {
  const { mfaMode } = await getSecurityPolicy(ctx, key.organizationId)
  const endsAt = exemptionEnd(change, before.row, ctx.now)
  const row: OverrideRow = {
    ...key,
    mode: change.mode,
    forceTotp: change.force_totp ?? false,
    forceWebauthn: change.force_webauthn ?? false,
    reason: change.reason,
    endsAt,
    setAt: ctx.now,
  }
  const requirement = requirementOf(mfaMode, row, ctx.now)
  const isInherited = change.mode === 'inherit' && !row.forceTotp && !row.forceWebauthn && endsAt === null
  if (isInherited) return { row: undefined, requirement }
  // Saying the same again, or less, gives nobody more time.
  const isTightened = before.row === undefined || asksMore(requirement, before.requirement)
  return { row: isTightened ? row : { ...row, setAt: before.row.setAt }, requirement }
}

/**
 * When the exemption ends that is asked for; else when the last one ended, which is now for one that is withdrawn:
 * from there the grace period is counted, whatever the member's mode is by then.
 */
function exemptionEnd(change: OverrideChange, before: OverrideRow | undefined, now: Date): Date | null {
  if (change.mode !== 'exempt') {
    if (change.ends_at !== undefined) throw validationError({ ends_at: ['is for exemptions only'] })
    return before && isExempt(before, now) ? now : (before?.endsAt ?? null)
  }
  if (change.force_totp || change.force_webauthn) {
    throw validationError({ mode: ['nothing can be forced on who is exempt'] })
  }
  if (change.ends_at === undefined) throw validationError({ ends_at: ['is required for an exemption'] })
  const endsAt = new Date(change.ends_at)
  if (endsAt <= now || endsAt > addSeconds(now, MAX_EXEMPTION_SECONDS)) {
    throw validationError({ ends_at: ['must be in the future, at most a year from now'] })
  }
  return endsAt
}

async function findOverride(
  { reader }: ReadCtx,
  { organizationId, userId }: MemberKey,
): Promise<OverrideRow | undefined> {
  const { securityPolicyOverride: override } = reader.t
  const [row] = await reader
    .select()
    .from(override)
    .where(and(eq(override.organizationId, organizationId), eq(override.userId, userId)))
  return row
}

async function store(
  ctx: WriteCtx,
  { organizationId, userId }: MemberKey,
  row: OverrideRow | undefined,
): Promise<void> {
  const { securityPolicyOverride: override } = ctx.tx.t
  if (row) {
    const target = [override.organizationId, override.userId]
    await ctx.tx.insert(override).values(row).onConflictDoUpdate({ target, set: row })
  } else {
    await ctx.tx
      .delete(override)
      .where(and(eq(override.organizationId, organizationId), eq(override.userId, userId)))
  }
}

const detailsOf = (row: OverrideRow | undefined) =>
  row
    ? {
        mode: row.mode,
        force_totp: row.forceTotp,
        force_webauthn: row.forceWebauthn,
        ends_at: instantOrNull(row.mode === 'exempt' ? row.endsAt : null),
      }
    : { mode: 'inherit' }
