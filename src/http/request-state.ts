import type { Origin } from '../db/index.ts'
import { ANONYMOUS, type Log, type RequestInfo } from '../kernel/index.ts'
import type { Caller, Membership } from './caller.ts'

export interface RequestOrigin extends Origin {
  readonly request: RequestInfo
}

/** What the edge and the guard know about one request. Kept beside it, so that 404s and errors have it too. */
export interface RequestState {
  readonly info: RequestInfo
  readonly startedAt: number
  origin: RequestOrigin
  caller: Caller | undefined
  membership: Membership | undefined
}

const states = new WeakMap<Request, RequestState>()

export function beginRequest(request: Request, info: RequestInfo, startedAt: number, log: Log): RequestState {
  const state: RequestState = {
    info,
    startedAt,
    origin: { actor: ANONYMOUS, request: info, log: new RequestLog(log, info.id) },
    caller: undefined,
    membership: undefined,
  }
  states.set(request, state)
  return state
}

export const findRequestState = (request: Request): RequestState | undefined => states.get(request)

export function requestState(request: Request): RequestState {
  const state = states.get(request)
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
