import { NotFoundError, ParseError, ValidationError } from 'elysia'
import { storageError } from '../db/index.ts'
import { AppError, badRequest, type Log, validationError } from '../kernel/index.ts'

/** Where a request's parts go wrong: Elysia's names for them, as the paths in `details.fields` begin. */
const PARTS: Readonly<Record<string, string>> = {
  body: '',
  query: 'query.',
  params: 'path.',
  headers: 'headers.',
}

/**
 * What any throw becomes for the caller. An expected failure is itself; a schema that did not fit says path
 * and rule, never the value that was found; everything else is a bug: INTERNAL_ERROR, with the cause in the
 * log under the request's id.
 */
export function toAppError(thrown: unknown, log: Log): AppError {
  const error = storageError(thrown instanceof ParseError && thrown.cause ? thrown.cause : thrown)
  if (error instanceof AppError) {
    if (error.status >= 500) log.warn('request.unavailable', { err: error.cause ?? error })
    return error
  }
  if (error instanceof ValidationError && error.type !== 'response') return fromValidation(error)
  if (error instanceof NotFoundError) return new AppError('NOT_FOUND', 'There is nothing at this path.')
  if (thrown instanceof ParseError) return badRequest('The body could not be read.')
  log.error('request.failed', { err: forLog(error) })
  return internalError(error)
}

export const internalError = (cause: unknown) =>
  new AppError('INTERNAL_ERROR', 'Something went wrong here. Report the request id to the operator.', {
    cause,
  })

/** The framework's own error carries the answer that did not fit, and with it whatever secrets that held. */
function forLog(error: unknown): unknown {
  if (!(error instanceof ValidationError)) return error instanceof Error ? error : new Error(describe(error))
  const issues = issuesOf(error).map(({ path, message }) => `${path}: ${message}`)
  return new Error(`The answer does not fit its schema: ${issues.join('; ')}`)
}

const describe = (thrown: unknown): string =>
  typeof thrown === 'string' ? `Thrown: ${thrown}` : `Thrown, and not an Error: ${typeof thrown}`

function fromValidation(error: ValidationError): AppError {
  const prefix = PARTS[error.type] ?? ''
  const fields = new Map<string, string[]>()
  for (const { path, message } of issuesOf(error)) {
    const field = path === WHOLE ? '(body)' : prefix + path
    const messages = fields.get(field)
    const told = MISSING.test(message) ? 'is required' : message
    if (messages) messages.push(told)
    else fields.set(field, [told])
  }
  return validationError(Object.fromEntries(fields))
}

/** What zod says of a field that is not there. */
const MISSING = /, received undefined$/

/** What Elysia calls the path of an issue with the whole value. */
const WHOLE = 'root'

interface Issue {
  readonly message: string
  /** Its keys, joined by dots. */
  readonly path: string
}

/** Standard Schema issues as Elysia retells them, without the value that it hangs on them. */
const issuesOf = (error: ValidationError): readonly Issue[] =>
  (error.all as unknown as readonly Issue[]).filter((issue) => typeof issue.message === 'string')
