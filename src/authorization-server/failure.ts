import { storageError } from '../db/index.ts'
import { AppError, type Log } from '../kernel/index.ts'
import {
  accessDenied,
  invalidRequest,
  OAuthError,
  serverError,
  temporarilyUnavailable,
} from '../protocol/oauth/index.ts'

/** A failure in the words of OAuth, with the status that it travels with. */
export interface Failure {
  readonly error: OAuthError
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/**
 * What any throw becomes for a client. A limit and a store that is away have one code and differ by status; what
 * nobody expected is server_error, with the cause in the log. RFC 6749 §5.2
 */
export function toFailure(thrown: unknown, log: Log): Failure {
  const error = storageError(thrown)
  if (error instanceof OAuthError) return { error, status: error.status, headers: error.headers }
  if (error instanceof AppError && (error.status < 500 || error.status === 503)) {
    const { status, headers } = error
    if (status === 503) log.warn('oidc.unavailable', { err: error.cause ?? error })
    return { error: toOAuthError(error), status: status === 429 || status === 503 ? status : 400, headers }
  }
  log.error('oidc.failed', { err: error })
  return { error: serverError('Something went wrong here.'), status: 500, headers: {} }
}

/** The nearest that the standard has a code for; the status of the answer says the rest. */
export function toOAuthError({ status, message }: AppError): OAuthError {
  if (status === 429 || status === 503) return temporarilyUnavailable(message)
  if (status === 403) return accessDenied(message)
  return status < 500 ? invalidRequest(message) : serverError(message)
}

/** RFC 6749 §5.2 */
export const encodeFailure = ({ error }: Failure): Record<string, unknown> => ({
  error: error.code,
  error_description: error.message,
})
