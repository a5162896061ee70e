/** Who does something, as the audit log names them. */
export type Actor =
  | { readonly kind: 'user'; readonly userId: string; readonly sessionId?: string }
  | { readonly kind: 'api_key'; readonly userId: string; readonly apiKeyId: string }
  /** An application: for itself, or with an access token for a person. */
  | { readonly kind: 'client'; readonly clientId: string }
  | { readonly kind: 'client'; readonly clientId: string; readonly userId: string }
  | { readonly kind: 'system' }
  | { readonly kind: 'anonymous' }

export const SYSTEM: Actor = { kind: 'system' }
export const ANONYMOUS: Actor = { kind: 'anonymous' }

/** The request on whose behalf something happens; absent for jobs and the command line. */
export interface RequestInfo {
  readonly id: string
  readonly address: string | undefined
  readonly userAgent: string | undefined
}

/** Structured log: an event name, then fields. Secrets never go in. */
export interface Log {
  debug(event: string, fields?: Record<string, unknown>): void
  info(event: string, fields?: Record<string, unknown>): void
  warn(event: string, fields?: Record<string, unknown>): void
  error(event: string, fields?: Record<string, unknown>): void
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
