import { ValidationError } from 'elysia'
import { storageError } from '../db/index.ts'
import { AppError, badRequest, type Log, notFound, validationError } from '../kernel/index.ts'

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
export function toAppError(code: string | number, thrown: unknown, log: Log): AppError {
  const error = storageError(thrown)
  if (error instanceof AppError) {
    if (error.status >= 500) log.warn('request.unavailable', { err: error.cause ?? error })
    return error
  }
  if (error instanceof ValidationError && error.type !== 'response') return fromValidation(error)
  if (code === 'NOT_FOUND') return notFound('This path was')
  if (code === 'PARSE' || code === 'INVALID_COOKIE_SIGNATURE') return badRequest('The request is malformed.')
  log.error('request.failed', { err: error })
  return new AppError('INTERNAL_ERROR', 'Something went wrong here. Report the request id to the operator.', {
    cause: error,
  })
}

function fromValidation(error: ValidationError): AppError {
  const prefix = PARTS[error.type] ?? ''
  const fields: Record<string, string[]> = {}
  for (const { path, message } of issuesOf(error)) {
    const field = path === WHOLE ? '(body)' : prefix + path
    fields[field] ??= []
    fields[field].push(message)
  }
  return validationError(fields)
}

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
