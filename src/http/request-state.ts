import type { Origin } from '../db/index.ts'
import { ANONYMOUS, type Log, type RequestInfo } from '../kernel/index.ts'
import type { Caller, Membership } from './caller.ts'

export interface RequestOrigin extends Origin {
  readonly request: RequestInfo
}

/** A request whose body does not fit the schema of its route. */
export interface MalformedInput {
  readonly origin: RequestOrigin
  /** Of a route that is not public. */
  readonly caller: Caller | undefined
  readonly body: unknown
}

/** What the edge and the guard know about one request. Kept beside it, so that 404s and errors have it too. */
export interface RequestState {
  readonly info: RequestInfo
  readonly startedAt: number
  origin: RequestOrigin
  caller: Caller | undefined
  membership: Membership | undefined
  /** Records that the body does not fit, for routes that record whatever they refuse. */
  onMalformed: ((input: MalformedInput) => Promise<void>) | undefined
  /** Whether it is in the log and the metrics. */
  isNoted: boolean
}

/** On the request itself: a WeakMap of all of them costs more at every look, and at every collection. */
const STATE = Symbol('authy2.request')
type Known = Request & { [STATE]?: RequestState }

export function beginRequest(request: Known, info: RequestInfo, startedAt: number, log: Log): RequestState {
  const state: RequestState = {
    info,
    startedAt,
    origin: { actor: ANONYMOUS, request: info, log: new RequestLog(log, info.id) },
    caller: undefined,
    membership: undefined,
    onMalformed: undefined,
    isNoted: false,
  }
  request[STATE] = state
  return state
}

export const findRequestState = (request: Known): RequestState | undefined => request[STATE]

export function requestState(request: Known): RequestState {
  const state = request[STATE]
  if (!state) throw new Error('The edge has not seen this request: mount capabilities under edge()')
  return state
}

/** Every line that a request causes carries its id. */
class RequestLog implements Log {
  constructor(
    private readonly log: Log,
    private readonly requestId: string,
  ) {}
  debug(event: string, fields?: Record<string, unknown>): void {
    this.log.debug(event, { request_id: this.requestId, ...fields })
  }
  info(event: string, fields?: Record<string, unknown>): void {
    this.log.info(event, { request_id: this.requestId, ...fields })
  }
  warn(event: string, fields?: Record<string, unknown>): void {
    this.log.warn(event, { request_id: this.requestId, ...fields })
  }
  error(event: string, fields?: Record<string, unknown>): void {
    this.log.error(event, { request_id: this.requestId, ...fields })
  }
}
