import { and, eq, getTableColumns, inArray } from 'drizzle-orm'
import { placeholder, type ReadCtx, type Row, scalar } from '../db/index.ts'
import type { SignInMethod } from '../kernel/index.ts'
import { sessionLimitsOf, stricterLimits } from './session-limits.ts'

export interface PasswordPolicy {
  readonly minLength: number
  readonly requireUpper: boolean
  readonly requireNumber: boolean
  readonly requireSpecial: boolean
}

/** What all organizations of a user ask together: of each rule the strictest. */
export interface EffectivePolicy {
  readonly password: PasswordPolicy
  readonly sessionMaxSeconds?: number | undefined
  readonly sessionIdleSeconds?: number | undefined
  /** Only of organizations that restrict how their members sign in; each of them must be satisfied. */
  readonly allowedAuthMethods: readonly {
    readonly organizationId: string
    readonly name: string
    readonly methods: readonly SignInMethod[]
  }[]
  /** Of organizations that list models: a key satisfies one when its maker vouches for a model of that list. */
  readonly webauthnAllowedAaguids: readonly (readonly string[])[]
}

/**
 * Of the organizations in which the user is active. On the path of every sign-in: one query, without a join, since
 * SQLite plans one that has parameters anew whenever it runs.
 */
export async function effectivePolicy(ctx: ReadCtx, userId: string): Promise<EffectivePolicy> {
  const statement = ctx.reader.prepared('policies.of_user', ({ select, t }) => {
    const { member, organization, securityPolicy } = t
    const named = select({ name: organization.name })
      .from(organization)
      .where(eq(organization.id, securityPolicy.organizationId))
    const memberships = select({ organizationId: member.organizationId })
      .from(member)
      .where(and(eq(member.userId, placeholder('userId')), eq(member.status, 'active')))
    return select({ ...getTableColumns(securityPolicy), name: scalar<string>(named) })
      .from(securityPolicy)
      .where(inArray(securityPolicy.organizationId, memberships))
  })
  const policies = await statement.execute({ userId })
  const limits = policies
    .map(sessionLimitsOf)
    .reduce(stricterLimits, { maxSeconds: undefined, idleSeconds: undefined })
  return {
    password: policies.map(passwordPolicyOf).reduce(stricterPassword, NO_PASSWORD_POLICY),
    sessionMaxSeconds: limits.maxSeconds,
    sessionIdleSeconds: limits.idleSeconds,
    allowedAuthMethods: policies
      .filter(({ allowedAuthMethods }) => allowedAuthMethods.length > 0)
      .map(({ organizationId, name, allowedAuthMethods: methods }) => ({ organizationId, name, methods })),
    webauthnAllowedAaguids: policies
      .map((policy) => policy.webauthnAllowedAaguids)
      .filter((models) => models.length > 0),
  }
}

/** What an organization asks of the password of somebody who is about to join it. */
export async function passwordPolicyFor(ctx: ReadCtx, organizationId: string): Promise<PasswordPolicy> {
  const { securityPolicy } = ctx.reader.t
  const [policy] = await ctx.reader
    .select()
    .from(securityPolicy)
    .where(eq(securityPolicy.organizationId, organizationId))
  return policy ? passwordPolicyOf(policy) : NO_PASSWORD_POLICY
}

const NO_PASSWORD_POLICY: PasswordPolicy = {
  minLength: 8,
  requireUpper: false,
  requireNumber: false,
  requireSpecial: false,
}

const passwordPolicyOf = (policy: Row<'securityPolicy'>): PasswordPolicy => ({
  minLength: policy.passwordMinLength,
  requireUpper: policy.passwordRequireUpper,
  requireNumber: policy.passwordRequireNumber,
  requireSpecial: policy.passwordRequireSpecial,
})

const stricterPassword = (a: PasswordPolicy, b: PasswordPolicy): PasswordPolicy => ({
  minLength: Math.max(a.minLength, b.minLength),
  requireUpper: a.requireUpper || b.requireUpper,
  requireNumber: a.requireNumber || b.requireNumber,
  requireSpecial: a.requireSpecial || b.requireSpecial,
})
