/**
 * State that is short-lived and shared between processes, and that nobody misses for ever when it is lost.
 *
 * Keys and values are well-formed Unicode text (bytes go in as base64url). A key may show up in an error that
 * is logged, so a secret is hashed before it becomes one. Every `ttlSeconds` is a whole number above zero.
 * When the store does not answer, every method but `ping`, `limiter` and `close` rejects with SERVICE_UNAVAILABLE.
 */
export interface Kv {
  /** The value, or undefined when there is none or it has expired. */
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlSeconds: number): Promise<void>
  /** Whether this call stored the value; of concurrent callers exactly one is told true. */
  setIfAbsent(key: string, value: string, ttlSeconds: number): Promise<boolean>
  /** Takes the value out: of concurrent callers exactly one gets it. */
  consume(key: string): Promise<string | undefined>
  /** Adds one and returns the sum. The first call sets the time to live; later ones leave it as it is. */
  increment(key: string, ttlSeconds: number): Promise<number>
  delete(key: string): Promise<void>
  /** Whether the store answers now. Never rejects. */
  ping(): Promise<boolean>
  /** Limiters of one name share their counts, across processes too where the store does. */
  limiter(options: LimiterOptions): Limiter
  close(): Promise<void>
}

/** At most `points` in `durationSeconds`, counted from the first one taken. */
export interface LimitWindow {
  readonly points: number
  readonly durationSeconds: number
}

export interface LimiterOptions {
  readonly name: string
  /** One or more; a request must fit into all of them. */
  readonly windows: readonly LimitWindow[]
  /**
   * Points to buy from the shared store at a time, at most a twentieth of the window's, so that most requests
   * cost no round trip; prepaid.ts says what that costs in accuracy. Means nothing for a store in this process.
   */
  readonly chunk?: number
}

export interface Limiter {
  /**
   * Takes `points` (1) for `key` from every window or from none: a refused request counts nowhere, so that
   * hammering against the minute's limit does not use up the hour's.
   */
  consume(key: string, points?: number): Promise<LimitResult>
  /** Forgets what was counted for `key`. */
  reset(key: string): Promise<void>
}

/** Describes the window that binds most: of those that refused the last to reopen, else the fullest one. */
export interface LimitResult {
  readonly allowed: boolean
  readonly limit: number
  /** 0 when refused. */
  readonly remaining: number
  readonly resetSeconds: number
  /** 0 when allowed. */
  readonly retryAfterSeconds: number
}

/** Refuses what is not a whole number above zero: a mistake of the program, not of a caller. */
export function requirePositiveInteger(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value <= 0)
    throw new RangeError(`${name} must be a whole number above 0`)
  return value
}
