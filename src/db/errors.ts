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
const SQLITE_AWAY = /^SQLITE_(FULL|READONLY|IOERR|CANTOPEN|BUSY|LOCKED|NOTADB|CORRUPT|NOMEM)/

/**
 * What a failed query becomes: `SERVICE_UNAVAILABLE` when the database cannot be reached or written,
 * else a StorageError. Drizzle's own message lists the bound parameters, and PostgreSQL's `detail` the
 * values of a key, so neither goes further than here. Errors that are not the storage's pass unchanged.
 */
export function storageError(error: unknown): unknown {
  if (error instanceof AppError || error instanceof StorageError) return error
  const driver = driverError(error)
  if (!driver) return error
  const code = errorCode(driver)
  const isAway =
    code !== undefined &&
    (POSTGRES_AWAY.test(code) || POSTGRES_CLIENT_AWAY.test(code) || SQLITE_AWAY.test(code))
  const statement = error instanceof Error && 'query' in error ? ` in: ${String(error.query)}` : ''
  const failure = new StorageError(`${driver.message}${statement}`, code)
  if (isAway) return unavailable('The database cannot be reached or written right now.', 5, failure)
  return failure
}

/** True for failures that go away when the transaction is run again: 40001 serialization, 40P01 deadlock. */
export function isRetryable(error: unknown): boolean {
  const driver = driverError(error)
  const code = driver && errorCode(driver)
  return code === '40001' || code === '40P01'
}

export function isBusy(error: unknown): boolean {
  const driver = driverError(error)
  return driver !== undefined && errorCode(driver)?.startsWith('SQLITE_BUSY') === true
}

function driverError(error: unknown): Error | undefined {
  for (let candidate = error; candidate instanceof Error; candidate = candidate.cause) {
    if (candidate.name === 'SQLiteError' || candidate.name === 'PostgresError') return candidate
  }
  return undefined
}

function errorCode(error: Error): string | undefined {
  const { errno, code } = error as { errno?: unknown; code?: unknown }
  if (typeof errno === 'string') return errno
  return typeof code === 'string' ? code : undefined
}
