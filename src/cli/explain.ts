import { ConfigError } from '../config/index.ts'
import { MigrationError, StorageError } from '../db/index.ts'
import { AppError } from '../kernel/index.ts'
import { CommandError } from './command-error.ts'

/** The text that a terminal shows for any throw: for what was to be expected the way out, for a bug its stack. */
export function explain(error: unknown): string {
  if (isListenError(error)) return explainListenError(error)
  const isOfDatabase = error instanceof StorageError || isUnavailable(error)
  return isOfDatabase ? `${reasonOf(error)}\n${DATABASE_ADVICE}` : reasonOf(error)
}

/** The same without advice. */
export function reasonOf(error: unknown): string {
  if (error instanceof CommandError || error instanceof ConfigError || error instanceof MigrationError) {
    return error.message
  }
  if (isUnavailable(error)) return messages(error).join('\n')
  if (error instanceof AppError) return [error.message, ...fieldProblems(error)].join('\n')
  if (error instanceof StorageError) return `The database refused: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

const isUnavailable = (error: unknown): error is AppError =>
  error instanceof AppError && error.type === 'SERVICE_UNAVAILABLE'

const DATABASE_ADVICE =
  'Check DATABASE_URL and DATA_DIR, and that this user may write there and the disk is not full; `authy2 doctor` looks into it.'

interface ListenError extends Error {
  readonly code: string
}

const isListenError = (error: unknown): error is ListenError =>
  error instanceof Error && 'syscall' in error && error.syscall === 'listen' && 'code' in error

const LISTEN_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'The port is taken. Stop the other program, or choose another one with PORT or --port.',
  EACCES:
    'This user may not listen on that port. Ports below 1024 are for privileged users: set PORT to a higher one.',
  EADDRNOTAVAIL: 'This machine does not have the address that HOST or --host names.',
}

const explainListenError = (error: ListenError): string =>
  LISTEN_ADVICE[error.code] ?? `The server cannot listen: ${error.message}`

/** The messages of an error and of what caused it, outermost first. */
function messages(error: unknown): string[] {
  return error instanceof Error ? [error.message, ...messages(error.cause)] : []
}

function fieldProblems({ details }: AppError): string[] {
  const fields = Object.values((details.fields ?? {}) as Record<string, readonly string[]>)
  return fields.flat().map((problem) => `  ${problem}`)
}
