import type { AppError } from '../kernel/index.ts'

/** What an answer says beside its status, which is the failure's own. */
export interface EncodedFailure {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>> | string
}

/** What was asked for when it failed. */
export interface FailedRequest {
  readonly id: string
  readonly path: string
  readonly headers: Headers
}

/**
 * How refusals are told at the paths of another standard than the JSON API's, also those that come before any route:
 * whoever asks there can read no envelope. Given to the edge by the capability that the paths belong to.
 */
export interface FailureFormat {
  readonly owns: (asked: FailedRequest) => boolean
  readonly encode: (error: AppError, asked: FailedRequest) => EncodedFailure | Promise<EncodedFailure>
}

/** The failure as the first format tells it that the request belongs to; undefined where that is the envelope. */
export async function encodeByPath(
  formats: readonly FailureFormat[],
  error: AppError,
  asked: FailedRequest,
): Promise<EncodedFailure | undefined> {
  return formats.find(({ owns }) => owns(asked))?.encode(error, asked)
}
