import { secondFactorsOf } from '../credentials/index.ts'
import type { ReadCtx } from '../db/index.ts'
import { type AppError, forbidden, type SignInMethod } from '../kernel/index.ts'
import { effectivePolicy } from '../policies/index.ts'

export type Admission =
  | {
      readonly isAdmitted: true
      /**
       * The way that the user came in is not allowed, but they have no other yet, or another organization does not
       * allow that one: the session is for getting it, or for leaving who asks for it. Else two organizations that
       * contradict each other would shut whomever they add out of everything.
       */
      readonly isComplianceOnly: boolean
      readonly maxSeconds: number | undefined
      readonly idleSeconds: number | undefined
    }
  | { readonly isAdmitted: false; readonly organizations: readonly Restriction[] }

export interface Restriction {
  readonly id: string
  readonly name: string
  readonly allowed_methods: readonly SignInMethod[]
}

/**
 * Decides whether the organizations of a user, who has proved everything that they owe, let them in by this method,
 * and for how long. Asked at the very end of a sign-in: nobody else learns what an organization allows.
 */
export async function judgeAdmission(
  ctx: ReadCtx,
  { userId, method }: { readonly userId: string; readonly method: SignInMethod },
): Promise<Admission> {
  const policy = await effectivePolicy(ctx, userId)
  const refusing = policy.allowedAuthMethods.filter(({ methods }) => !methods.includes(method))
  const isComplianceOnly = refusing.length > 0 && refusing.every(({ methods }) => methods.includes('passkey'))
  const isOpenByPasskey = policy.allowedAuthMethods.every(({ methods }) => methods.includes('passkey'))
  if (refusing.length > 0 && !(isComplianceOnly && (!isOpenByPasskey || (await hasNoPasskey(ctx, userId))))) {
    const organizations = refusing.map(({ organizationId, name, methods }) => ({
      id: organizationId,
      name,
      allowed_methods: methods,
    }))
    return { isAdmitted: false, organizations }
  }
  const { sessionMaxSeconds: maxSeconds, sessionIdleSeconds: idleSeconds } = policy
  return { isAdmitted: true, isComplianceOnly, maxSeconds, idleSeconds }
}

const hasNoPasskey = async (ctx: ReadCtx, userId: string): Promise<boolean> =>
  !(await secondFactorsOf(ctx, userId)).hasWebauthn

export function methodRefused(organizations: readonly Restriction[]): AppError {
  const names = organizations.map(({ name, allowed_methods }) => `“${name}” (${allowed_methods.join(', ')})`)
  return forbidden(`Sign in by a method that your organization allows: ${names.join('; ')}.`, {
    organizations,
  })
}
