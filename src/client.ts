/**
 * The typed client of Authy2's API, for applications: `authy2/client`. Runs in browsers, Bun and Node.js; takes
 * nothing of the server but the types of its routes.
 */
import { type Treaty, treaty } from '@elysiajs/eden/treaty2'
import type { App, ErrorType } from './app.ts'

/** The routes as functions: `client.api.v1.auth.login.post({ email, password })`. Instants stay RFC 3339 texts. */
export type Client = Treaty.Create<App>

export interface ClientOptions {
  /** A session token or an API key. A function is asked before every request. */
  readonly token?: string | (() => string | undefined)
  /** On every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Instead of the global one. With `credentials: 'include'` the session cookie travels to another origin. */
  readonly fetch?: typeof fetch
}

/** A client of the server at `url`, its origin: `https://id.example.com`. */
export function createClient(
  url: string,
  { token, headers = {}, fetch: fetcher }: ClientOptions = {},
): Client {
  const authorization = () => {
    const current = typeof token === 'function' ? token() : token
    return current === undefined ? {} : { authorization: `Bearer ${current}` }
  }
  return treaty<App>(url, {
    parseDate: false,
    headers: [headers, authorization],
    ...(fetcher && { fetcher }),
  })
}

/** The server answered, and refused. Compare `type`; `message` is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    readonly type: ErrorType,
    readonly status: number,
    message: string,
    /** What the operator finds in the log. */
    readonly requestId: string,
    /** `fields` of a VALIDATION_ERROR, `methods` of a STEP_UP_REQUIRED … */
    readonly details: Readonly<Record<string, unknown>>,
  ) {
    super(message)
  }
}

/**
 * No answer of the server: the network failed or the request was given up (`cause` says how; `status` is absent),
 * or something in between answered in its place (`status` is its). Whether a change was made is not known.
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'

  constructor(
    readonly status: number | undefined,
    options?: ErrorOptions,
  ) {
    super(status === undefined ? 'The server did not answer.' : `Something answered ${status}.`, options)
  }
}

/** What a call of the client resolves to. */
interface Answer {
  readonly data: unknown
  readonly error: { readonly value: unknown } | null
  readonly response: Response
}

/** What a successful answer carries as `data` in its envelope. */
export type DataOf<A> = A extends { readonly data: { readonly data: infer Data } } ? Data : never

/** The rows of a list: what the one array in its data has. */
export type RowOf<Data> = Data extends unknown
  ? { [Key in keyof Data]: Data[Key] extends readonly (infer Row)[] ? Row : never }[keyof Data]
  : never

/** The data of an answer. Throws ApiError where the server refused, ConnectionError where it did not answer. */
export async function unwrap<A extends Answer>(call: Promise<A>): Promise<DataOf<A>> {
  return (await openEnvelope(call)).data as DataOf<A>
}

/**
 * Every row of a list, page by page as they are read:
 * `for await (const member of rows((cursor) => organization.members.get({ query: { cursor } })))`.
 * Throws as `unwrap` does.
 */
export async function* rows<A extends Answer>(
  list: (cursor: string | undefined) => Promise<A>,
): AsyncGenerator<RowOf<DataOf<A>>, void, undefined> {
  let cursor: string | undefined
  do {
    const { data, meta } = await openEnvelope(list(cursor))
    for (const value of Object.values(data)) if (Array.isArray(value)) yield* value
    cursor = meta?.page?.next_cursor ?? undefined
  } while (cursor !== undefined)
}

/** As far as it is looked into. */
interface Success {
  readonly success: true
  readonly data: object
  readonly meta?: { readonly page?: { readonly next_cursor: string | null } }
}

interface Failure {
  readonly success: false
  readonly code: number
  readonly message: string
  readonly request_id: string
  readonly error: { readonly type: ErrorType; readonly details: Readonly<Record<string, unknown>> }
}

async function openEnvelope(call: Promise<Answer>): Promise<Success> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw new ConnectionError(undefined, { cause }) // the answer broke off, or is no JSON though it says so
  })
  const envelope = error === null ? data : error.value
  if (!isEnvelope(envelope)) {
    // Eden gives what fetch threw as the value of an answer without a response.
    throw new ConnectionError((response as Response | undefined)?.status, { cause: envelope })
  }
  if (envelope.success) return envelope
  const { type, details } = envelope.error
  throw new ApiError(type, envelope.code, envelope.message, envelope.request_id, details)
}

const isEnvelope = (value: unknown): value is Success | Failure =>
  typeof value === 'object' &&
  value !== null &&
  'request_id' in value &&
  ('data' in value || 'error' in value)
