import type { AppError } from '../kernel/index.ts'

/** What an answer says beside its status, which is the failure's own. */
export interface EncodedFailure {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>> | string
}

/**
 * How refusals are told at the paths of another standard than the JSON API's, also those that come before any route:
 * whoever asks there can read no envelope. Given to the edge by the capability that the paths belong to.
 */
export interface FailureFormat {
  readonly owns: (path: string) => boolean
  readonly encode: (
    error: AppError,
    asked: { readonly path: string; readonly accept: string },
  ) => EncodedFailure
}

/** The failure as the path that was asked for tells it; undefined where that is the envelope. */
export function encodeByPath(
  formats: readonly FailureFormat[],
  error: AppError,
  { path, headers }: { readonly path: string; readonly headers: Headers },
): EncodedFailure | undefined {
  const format = formats.find(({ owns }) => owns(path))
  return format?.encode(error, { path, accept: headers.get('accept') ?? '' })
}
