import { DrizzleQueryError } from 'drizzle-orm'
import { AppError, unavailable } from '../kernel/index.ts'

/** A query that failed for a reason nobody expected. Its text is the statement without its parameters. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  /** SQLSTATE of PostgreSQL or the result code's name of SQLite. */
  readonly code: string | undefined
  constructor(message: string, code: string | undefined) {
    super(message)
    this.code = code
  }
}

/** SQLSTATE classes 08 (connection), 53 (resources), 57P (operator intervention); 25006: read-only. */
const POSTGRES_AWAY = /^(08...|53...|57P0[1-5]|25006)$/
const POSTGRES_CLIENT_AWAY = /^ERR_POSTGRES_(CONNECTION|IDLE_TIMEOUT|LIFETIME_TIMEOUT)/
const SQLITE_AWAY = /^SQLITE_(FULL|READONLY|IOERR|CANTOPEN|BUSY|LOCKED|PROTOCOL|NOTADB|CORRUPT|NOMEM)/

/** SQLSTATE class 22, data exception: the only messages of PostgreSQL that quote the offending value. */
const POSTGRES_QUOTES_VALUE = /^22...$/

/**
 * What a failed query becomes: `SERVICE_UNAVAILABLE` when the database cannot be reached or written, or when others
 * were in the way as often as it was tried; else a StorageError. Drizzle's own message lists the bound parameters, and
 * PostgreSQL's `detail` the values of a key, so neither goes further than here. Errors that are not the storage's pass
 * unchanged.
 */
export function storageError(error: unknown): unknown {
  if (error instanceof AppError || error instanceof StorageError) return error
  const driver = driverError(error)
  if (!driver) return error
  const code = errorCode(driver)
  const reason = code !== undefined && POSTGRES_QUOTES_VALUE.test(code) ? 'data exception' : driver.message
  const statement = error instanceof DrizzleQueryError ? ` in: ${error.query}` : ''
  const failure = new StorageError(`${reason}${statement}`, code)
  if (CONTENTION.includes(code ?? '')) return unavailable(CONTENDED, 1, failure)
  return isAway(code) ? unavailable(UNAVAILABLE, RETRY_AFTER_SECONDS, failure) : failure
}

/** SQLSTATE of a transaction that lost against others, every time that it was run: 40001 serialization, 40P01 deadlock. */
const CONTENTION: readonly string[] = ['40001', '40P01']
const CONTENDED = 'Too many changes of the same thing at once. Try again.'
const UNAVAILABLE = 'The database cannot be reached or written right now.'
const RETRY_AFTER_SECONDS = 5

const isAway = (code = ''): boolean =>
  POSTGRES_AWAY.test(code) || POSTGRES_CLIENT_AWAY.test(code) || SQLITE_AWAY.test(code)

/**
 * True for failures that go away when the transaction is run again: 40001 serialization, 40P01 deadlock, 23503
 * a row that somebody deleted after it had looked; in a serializable one also 23505, a unique value that somebody
 * took after it had looked (PostgreSQL manual §13.5).
 */
export function isRetryable(error: unknown, isSerializable = false): boolean {
  const driver = driverError(error)
  const code = driver && errorCode(driver)
  return [...CONTENTION, '23503'].includes(code ?? '') || (isSerializable && code === '23505')
}

export function isBusy(error: unknown): boolean {
  const driver = driverError(error)
  return driver !== undefined && errorCode(driver)?.startsWith('SQLITE_BUSY') === true
}

/** The driver's own error inside whatever wraps it, or undefined when the error is not the storage's. */
function driverError(error: unknown): Error | undefined {
  let isQuery = false
  for (let candidate = error; candidate instanceof Error; candidate = candidate.cause) {
    if (candidate.name === 'SQLiteError' || candidate.name === 'PostgresError') return candidate
    isQuery ||= candidate instanceof DrizzleQueryError
  }
  // A value that could not be bound is a plain TypeError, whose text may quote it.
  return isQuery ? new Error('The query could not be sent') : undefined
}

function errorCode(error: Error): string | undefined {
  const { errno, code } = error as { errno?: unknown; code?: unknown }
  if (typeof errno === 'string') return errno
  return typeof code === 'string' ? code : undefined
}
