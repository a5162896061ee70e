import type { Row } from '../db/index.ts'

/** What an organization without a policy of its own has: version 0, which asks for nothing, and always has. */
export const defaultPolicy = (organizationId: string): Row<'securityPolicy'> => ({
  organizationId,
  version: 0,
  mfaMode: 'optional',
  mfaGraceDays: 14,
  notifyDaysBefore: 7,
  mfaInForceAt: new Date(0),
  passwordMinLength: 8,
  passwordRequireUpper: false,
  passwordRequireNumber: false,
  passwordRequireSpecial: false,
  sessionMaxHours: null,
  sessionIdleMinutes: null,
  allowedAuthMethods: [],
  allowedEmailDomains: [],
  webauthnAllowedAaguids: [],
  updatedAt: new Date(0),
})
