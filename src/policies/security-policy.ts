import { and, eq } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import { findPasswordHash, secondFactorsOf } from '../credentials/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import type { Caller } from '../http/index.ts'
import { conflict, type SignInMethod } from '../kernel/index.ts'
import { enqueue } from '../outbox/index.ts'
import { defaultPolicy } from './default-policy.ts'
import { asksMoreThan, mentionsWebauthn } from './requirement.ts'
import type { PolicyChange } from './schema.ts'
import { securityPolicyView } from './views.ts'

/** The organization's policy; where none was ever set, version 0. */
export async function getSecurityPolicy(
  { reader }: ReadCtx,
  organizationId: string,
): Promise<Row<'securityPolicy'>> {
  const { securityPolicy } = reader.t
  const [row] = await reader
    .select()
    .from(securityPolicy)
    .where(eq(securityPolicy.organizationId, organizationId))
  return row ?? defaultPolicy(organizationId)
}

/**
 * Changes a policy, and has its members judged by it right after. Of concurrent changes that were made from the
 * same version one wins. Throws CONFLICT, which tells the present version, for a stale one; also for ways of
 * signing in that would not let the caller in again.
 */
export async function changeSecurityPolicy(
  ctx: WriteCtx,
  { organizationId, caller }: { organizationId: string; caller: Caller },
  change: PolicyChange,
): Promise<Row<'securityPolicy'>> {
  const before = await getSecurityPolicy(ctx, organizationId)
  if (before.version !== change.policy_version) throw stale(before.version)
  const after = changed(before, change, ctx.now)
  if (after === before) return before
  await refuseLockout(ctx, after.allowedAuthMethods, caller)
  if (!(await store(ctx, before, after))) {
    throw stale((await getSecurityPolicy(ctx, organizationId)).version)
  }
  await record(ctx, {
    action: 'org.security_policy.update',
    organizationId,
    target: { type: 'organization', id: organizationId },
    details: { policy_version: after.version, changes: differences(before, after) },
  })
  await enqueue(ctx, { kind: 'policies.evaluate', payload: { organizationId } })
  return after
}

/** The policy as it becomes; `before` itself where the change says nothing new. */
function changed(before: Row<'securityPolicy'>, change: PolicyChange, now: Date): Row<'securityPolicy'> {
  const after: Row<'securityPolicy'> = {
    ...before,
    version: before.version + 1,
    mfaMode: change.mfa_policy_mode ?? before.mfaMode,
    mfaGraceDays: change.mfa_grace_period_days ?? before.mfaGraceDays,
    notifyDaysBefore: change.notify_days_before ?? before.notifyDaysBefore,
    passwordMinLength: change.password_min_length ?? before.passwordMinLength,
    passwordRequireUpper: change.password_require_upper ?? before.passwordRequireUpper,
    passwordRequireNumber: change.password_require_number ?? before.passwordRequireNumber,
    passwordRequireSpecial: change.password_require_special ?? before.passwordRequireSpecial,
    sessionMaxHours: given(change.session_max_hours, before.sessionMaxHours),
    sessionIdleMinutes: given(change.session_idle_minutes, before.sessionIdleMinutes),
    allowedAuthMethods: distinct(change.allowed_auth_methods ?? before.allowedAuthMethods),
    allowedEmailDomains: distinct(change.allowed_email_domains ?? before.allowedEmailDomains),
    webauthnAllowedAaguids: distinct(change.webauthn_allowed_aaguids ?? before.webauthnAllowedAaguids),
    updatedAt: now,
  }
  if (Object.keys(differences(before, after)).length === 0) return before
  return isTightened(before, after) ? { ...after, mfaInForceAt: now } : after
}

/** Null is a value here: as the instance has it. */
const given = <Value>(value: Value | undefined, otherwise: Value): Value =>
  value === undefined ? otherwise : value

const distinct = <Value>(values: readonly Value[]): readonly Value[] => [...new Set(values)]

/** Whether somebody who satisfied the policy before may not satisfy it now: for them grace begins anew. */
function isTightened(before: Row<'securityPolicy'>, after: Row<'securityPolicy'>): boolean {
  if (asksMoreThan(after.mfaMode, before.mfaMode)) return true
  const allowed = new Set(after.webauthnAllowedAaguids)
  const wasAnyModel = before.webauthnAllowedAaguids.length === 0
  const isNarrower =
    allowed.size > 0 && (wasAnyModel || before.webauthnAllowedAaguids.some((model) => !allowed.has(model)))
  return isNarrower && mentionsWebauthn(after.mfaMode)
}

/**
 * Throws CONFLICT when the way in which the caller signed in is not allowed any more. A key or token says nothing of
 * that: whoever comes with one must have something by which they could sign in.
 */
async function refuseLockout(
  ctx: ReadCtx,
  allowed: readonly SignInMethod[],
  { user, credential }: Caller,
): Promise<void> {
  if (allowed.length === 0) return
  if (credential.kind !== 'session') {
    const methods = await methodsOf(ctx, user.id)
    if (methods.some((method) => allowed.includes(method))) return
    throw conflict('You could not sign in by any of these methods yourself.', { methods })
  }
  const { amr, acr } = credential.session
  const own: SignInMethod | undefined = amr.includes('pwd')
    ? 'password'
    : acr === 'urn:authy2:acr:phr'
      ? 'passkey'
      : undefined
  if (own === undefined || allowed.includes(own)) return
  throw conflict(`You are signed in by ${own} yourself. Sign in by a method that stays allowed first.`, {
    method: own,
  })
}

/** What somebody has by which they could sign in. */
async function methodsOf(ctx: ReadCtx, userId: string): Promise<readonly SignInMethod[]> {
  const hasPassword = (await findPasswordHash(ctx, userId)) !== undefined
  const { hasWebauthn } = await secondFactorsOf(ctx, userId)
  return [hasPassword ? (['password'] as const) : [], hasWebauthn ? (['passkey'] as const) : []].flat()
}

async function store(
  ctx: WriteCtx,
  before: Row<'securityPolicy'>,
  after: Row<'securityPolicy'>,
): Promise<boolean> {
  const { securityPolicy } = ctx.tx.t
  const written =
    before.version === 0
      ? await ctx.tx
          .insert(securityPolicy)
          .values(after)
          .onConflictDoNothing({ target: securityPolicy.organizationId })
          .returning({ version: securityPolicy.version })
      : await ctx.tx
          .update(securityPolicy)
          .set(after)
          .where(
            and(
              eq(securityPolicy.organizationId, after.organizationId),
              eq(securityPolicy.version, before.version),
            ),
          )
          .returning({ version: securityPolicy.version })
  return written.length === 1
}

/** Field by field, as they are called on the wire. */
function differences(before: Row<'securityPolicy'>, after: Row<'securityPolicy'>) {
  const { policy_version: _, updated_at: __, ...from } = securityPolicyView(before)
  const to: Record<string, unknown> = securityPolicyView(after)
  return Object.fromEntries(
    Object.entries(from)
      .filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(to[field]))
      .map(([field, value]) => [field, { from: value, to: to[field] }]),
  )
}

const stale = (version: number) =>
  conflict('The policy was changed meanwhile. Look at it again, then decide.', { policy_version: version })
