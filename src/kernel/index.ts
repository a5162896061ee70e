/**
 * The ground under everything: errors, time, randomness, identifiers, tokens, bytes, the version.
 * Imports nothing of Authy2; the only folder that reads the clock or makes random bytes.
 */
export { type Actor, ANONYMOUS, type Log, type RequestInfo, SYSTEM, silentLog } from './actor.ts'
export {
  base64url,
  constantTimeEqual,
  hex,
  hmacSha256,
  latin1,
  parseBase64url,
  sha256,
  utf8,
} from './bytes.ts'
export {
  addSeconds,
  type Clock,
  DAY,
  HOUR,
  ManualClock,
  MINUTE,
  monotonicMilliseconds,
  secondsUntil,
  systemClock,
} from './clock.ts'
export {
  AppError,
  badRequest,
  conflict,
  ERROR_STATUS,
  type ErrorDetails,
  type ErrorType,
  forbidden,
  notFound,
  tooManyRequests,
  unauthenticated,
  unavailable,
  validationError,
} from './error.ts'
export { type Branded, UUID_PATTERN } from './id.ts'
export type { Keyring } from './keyring.ts'
export {
  MFA_METHODS,
  MFA_STATUSES,
  type MfaMethod,
  type MfaStatus,
  OFFERED_SIGN_IN_METHODS,
  SIGN_IN_METHODS,
  type SignInMethod,
} from './mfa.ts'
export { createSystemRandom, type RandomSource, seededRandom, systemRandom } from './random.ts'
export { may, PERMISSIONS, type Permission, ROLES, type Role } from './role.ts'
export { isPoolOccupied, occupyingPool } from './thread-pool.ts'
export { createToken, TOKEN_PREFIX, type TokenKind, tokenDigest, tokenName } from './token.ts'
export { endOfTurn } from './turn.ts'
export { formatUuid } from './uuid.ts'
export { VERSION } from './version.ts'
