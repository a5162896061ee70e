/** How far a member satisfies what an organization asks of second factors. */
export const MFA_STATUSES = [
  'not_applicable',
  'pending',
  'in_grace',
  'compliant',
  'past_due',
  'suspended',
] as const
export type MfaStatus = (typeof MFA_STATUSES)[number]

/** What an organization can ask for, one of them where either will do. */
export const MFA_METHODS = ['totp', 'webauthn', 'totp_or_webauthn'] as const
export type MfaMethod = (typeof MFA_METHODS)[number]

/** Ways of signing in that an organization may allow. */
export const SIGN_IN_METHODS = [
  'password',
  'passkey',
  'google',
  'github',
  'microsoft',
  'oidc',
  'saml',
] as const
export type SignInMethod = (typeof SIGN_IN_METHODS)[number]

/** Those of them by which somebody can sign in here: an organization that allows none of these would let nobody in. */
export const OFFERED_SIGN_IN_METHODS: readonly SignInMethod[] = ['password', 'passkey']
