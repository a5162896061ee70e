import { AppError } from '../kernel/index.ts'

/** What went wrong, and how it is told: without what the other side said, which may be meant for somebody else. */
const MESSAGES = {
  url: 'it must be an https URL without a user name or password',
  unresolvable: 'its name does not resolve',
  refused: 'its address is not a public one; OUTBOUND_ALLOW lists the others that may be reached',
  unreachable: 'no connection could be made, or its certificate does not fit its name',
  timeout: 'it did not answer in time',
  redirect: 'it answers with a redirect, which is not followed',
  status: 'it does not answer 200',
  unavailable: 'it answers that it cannot serve this now',
  media_type: 'it answers with another media type',
  encoding: 'it answers with a compressed body, which was not asked for',
  too_large: 'its answer is too large',
  malformed: 'its answer is not JSON',
} as const
export type OutboundFailure = keyof typeof MESSAGES

/** A request of this server's that came to nothing. `cause` is for the log. */
export class OutboundError extends AppError {
  override readonly name = 'OutboundError'
  readonly failure: OutboundFailure

  constructor(url: string, failure: OutboundFailure, cause?: unknown) {
    const upstream = URL.parse(url)?.origin ?? 'an invalid URL'
    super('UPSTREAM_ERROR', `${upstream} could not be used: ${MESSAGES[failure]}.`, {
      details: { upstream, failure },
      cause,
    })
    this.failure = failure
  }
}
