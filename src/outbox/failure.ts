const MAX_LENGTH = 300

/** Trying again cannot help. */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure'
}

/**
 * Why an attempt failed, in one bounded line for `last_error` and the log. Mail servers quote what they
 * refuse: our own tokens and people's addresses are taken out.
 */
export function describeFailure(error: unknown): string {
  const text = error instanceof Error ? error.message : 'The handler threw something that is not an error'
  return text
    .slice(0, 2 * MAX_LENGTH) // before the patterns below: the text is as long as a stranger likes
    .replace(/a2[a-z]_[\w-]+|[\w-]{24,}/g, '<secret>') // also pieces of one, cut by a line break
    .replace(/[^\s<>@]{1,64}@[^\s<>@]{1,255}/g, '<address>')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .slice(0, MAX_LENGTH)
    .toWellFormed()
    .trim()
}
