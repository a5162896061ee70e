import type { Row } from '../db/index.ts'
import type { MfaMethod } from '../kernel/index.ts'

/** What is asked of a member: all of it. Empty: nothing. */
export type Requirement = readonly MfaMethod[]

/** What a member has, as far as it counts for an organization. */
export interface Factors {
  readonly hasTotp: boolean
  readonly hasWebauthn: boolean
}

export type MfaMode = Row<'securityPolicy'>['mfaMode']
export type Override = Pick<
  Row<'securityPolicyOverride'>,
  'mode' | 'forceTotp' | 'forceWebauthn' | 'endsAt' | 'setAt'
>

const ASKED_BY: Readonly<Record<MfaMode, Requirement>> = {
  disabled: [],
  optional: [],
  require_totp: ['totp'],
  require_webauthn: ['webauthn'],
  require_totp_or_webauthn: ['totp_or_webauthn'],
}

const IS_SATISFIED: Readonly<Record<MfaMethod, (factors: Factors) => boolean>> = {
  totp: ({ hasTotp }) => hasTotp,
  webauthn: ({ hasWebauthn }) => hasWebauthn,
  totp_or_webauthn: ({ hasTotp, hasWebauthn }) => hasTotp || hasWebauthn,
}

const EVERY_SET_OF_FACTORS: readonly Factors[] = [false, true].flatMap((hasTotp) =>
  [false, true].map((hasWebauthn) => ({ hasTotp, hasWebauthn })),
)

/** What the policy's mode asks of a member, as changed by what was set for them alone. */
export function requirementOf(mode: MfaMode, override: Override | undefined, now: Date): Requirement {
  const ofPolicy = ASKED_BY[mode]
  if (!override) return ofPolicy
  if (isExempt(override, now)) return []
  const base: Requirement =
    override.mode === 'required' && ofPolicy.length === 0 ? ['totp_or_webauthn'] : ofPolicy
  const forced: Requirement = [
    ...(override.forceTotp ? (['totp'] as const) : []),
    ...(override.forceWebauthn ? (['webauthn'] as const) : []),
  ]
  if (forced.length === 0) return base
  return [...new Set([...base.filter((method) => method !== 'totp_or_webauthn'), ...forced])]
}

/** An exemption counts until it ends, and always has an end. */
export const isExempt = ({ mode, endsAt }: Override, now: Date): boolean =>
  mode === 'exempt' && endsAt !== null && endsAt > now

export const missingOf = (requirement: Requirement, factors: Factors): Requirement =>
  requirement.filter((method) => !IS_SATISFIED[method](factors))

/** Whether some set of factors that satisfies `before` does not satisfy `after`. */
export const asksMore = (after: Requirement, before: Requirement): boolean =>
  EVERY_SET_OF_FACTORS.some(
    (factors) => missingOf(before, factors).length === 0 && missingOf(after, factors).length > 0,
  )

export const asksMoreThan = (after: MfaMode, before: MfaMode): boolean =>
  asksMore(ASKED_BY[after], ASKED_BY[before])

/** Whether a mode can be satisfied by a passkey or security key. */
export const mentionsWebauthn = (mode: MfaMode): boolean => ASKED_BY[mode].some((method) => method !== 'totp')
