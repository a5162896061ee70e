/**
 * The closed list of failures that the REST API can answer with, and the HTTP status of each.
 * Adding one is a change of the public contract.
 */
export const ERROR_STATUS = {
  VALIDATION_ERROR: 400,
  BAD_REQUEST: 400,
  AUTHENTICATION_ERROR: 401,
  AUTHORIZATION_ERROR: 403,
  COMPLIANCE_REQUIRED: 403,
  STEP_UP_REQUIRED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMIT_EXCEEDED: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL_ERROR: 500,
  UPSTREAM_ERROR: 502,
  SERVICE_UNAVAILABLE: 503,
} as const

export type ErrorType = keyof typeof ERROR_STATUS
export type ErrorDetails = Readonly<Record<string, unknown>>

/**
 * An expected failure. `message` and `details` are shown to the caller, so they never carry a secret;
 * `cause` is for the log only. `headers` travel with the response (`Retry-After`, `WWW-Authenticate`, `Allow`).
 */
export class AppError extends Error {
  override readonly name: string = 'AppError'
  readonly type: ErrorType
  readonly status: number
  readonly details: ErrorDetails
  readonly headers: Readonly<Record<string, string>>

  constructor(
    type: ErrorType,
    message: string,
    options: { details?: ErrorDetails; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.type = type
    this.status = ERROR_STATUS[type]
    this.details = options.details ?? {}
    this.headers = options.headers ?? {}
  }
}

export const badRequest = (message: string, details?: ErrorDetails) =>
  new AppError('BAD_REQUEST', message, details ? { details } : {})

/** `fields` maps a JSON path of the input to what is wrong there; `more` stands beside it in the details. */
export const validationError = (fields: Readonly<Record<string, readonly string[]>>, more?: ErrorDetails) =>
  new AppError('VALIDATION_ERROR', 'Some fields are not valid; see details.fields.', {
    details: { fields, ...more },
  })

/** `challenge` says how to authenticate: a scheme is never without a parameter. RFC 9110 §15.5.2, RFC 6750 §3 */
export const unauthenticated = (
  message = 'Sign in first, or send a valid bearer token.',
  challenge = 'Bearer realm="Authy2"',
) => new AppError('AUTHENTICATION_ERROR', message, { headers: { 'WWW-Authenticate': challenge } })

/** With a `challenge` where another access token could do it. RFC 6750 §3.1 */
export const forbidden = (message = 'You may not do this.', details?: ErrorDetails, challenge?: string) =>
  new AppError('AUTHORIZATION_ERROR', message, {
    ...(details && { details }),
    ...(challenge !== undefined && { headers: { 'WWW-Authenticate': challenge } }),
  })

/** Also for things that exist in an organization the caller is not in: existence is not revealed. */
export const notFound = (what: string) => new AppError('NOT_FOUND', `${what} not found.`)

export const conflict = (message: string, details?: ErrorDetails) =>
  new AppError('CONFLICT', message, details ? { details } : {})

export const tooManyRequests = (
  retryAfterSeconds: number,
  {
    message = 'Too many requests. Try again later.',
    headers = {},
  }: { message?: string; headers?: Readonly<Record<string, string>> } = {},
) =>
  new AppError('RATE_LIMIT_EXCEEDED', message, {
    details: { retry_after_seconds: retryAfterSeconds },
    headers: { ...headers, 'Retry-After': String(retryAfterSeconds) },
  })

export const unavailable = (message: string, retryAfterSeconds = 1, cause?: unknown) =>
  new AppError('SERVICE_UNAVAILABLE', message, {
    headers: { 'Retry-After': String(retryAfterSeconds) },
    cause,
  })
