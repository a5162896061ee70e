/**
 * The edge and the guards: envelope, errors to answers, request ids, security headers, CORS and the rule for
 * cookies, body limits, paging, rate limits, who may call. Knows no capability.
 * Invariants: every answer is an envelope, save where a capability has given its paths another format; every route declares its guard; no cause leaks.
 */
export { clientKey, hasSteppedUp, STEP_UP_SECONDS } from './access.ts'
export { allowedMethods } from './allowed-methods.ts'
export {
  type Authenticate,
  type Caller,
  type CallerCredential,
  type CallerSession,
  type DpopHeader,
  type Membership,
  SCOPES,
  type Scope,
} from './caller.ts'
export { API_METADATA_PATH } from './challenges.ts'
export { withCompiledCheck } from './compiled-check.ts'
export { isComplianceOnly, isPastDue } from './compliance.ts'
export { type CookieKind, type Cookies, createCookies } from './cookies.ts'
export type { HttpDeps } from './deps.ts'
export { edge } from './edge.ts'
export { Envelope, Failure, Meta, type Success, success } from './envelope.ts'
export type { EncodedFailure, FailedRequest, FailureFormat } from './failure-format.ts'
export { toAppError } from './failures.ts'
export { guard, requireStepUp } from './guard.ts'
export { lastResort } from './last-resort.ts'
export { originCheck } from './origin-check.ts'
export {
  type CursorKey,
  type CursorSigner,
  createCursorSigner,
  type Page,
  PageQuery,
  readPage,
} from './paging.ts'
export { createRateLimits, type RateLimits } from './rate-limits.ts'
export type { MalformedInput, RequestOrigin } from './request-state.ts'
export {
  displayText,
  EmailAddress,
  GivenId,
  GivenInstant,
  Id,
  Instant,
  instant,
  instantOrNull,
  Nothing,
  PathId,
  WebUrl,
} from './schema.ts'
export {
  ofStandard,
  type StandardAnswer,
  type StandardFailure,
  type StandardOperation,
} from './standard-operation.ts'
