import { z } from 'zod'
import { UUID_PATTERN } from '../kernel/index.ts'

const INSTANT_EXAMPLES = ['2030-01-01T00:00:00.000Z']
const ID_EXAMPLES = ['01970000-0000-7000-8000-000000000000']

/** An RFC 3339 instant in UTC with milliseconds, as we give it. Documented only: we need not check our own writing. */
export const Instant = z.string().meta({ format: 'date-time', examples: INSTANT_EXAMPLES })

/** The same, as we are given it. */
export const GivenInstant = z.iso.datetime({ precision: 3 }).meta({ examples: INSTANT_EXAMPLES })

/** An id as we give it. */
export const Id = z.string().meta({ format: 'uuid', description: 'UUIDv7', examples: ID_EXAMPLES })

/** An id as we are given it in a body or a query. */
export const GivenId = z
  .string()
  .regex(UUID_PATTERN, 'must be a UUID')
  .meta({ description: 'UUIDv7', examples: ID_EXAMPLES })

/** An id in a path. One that is malformed is one that nothing has: the nil UUID, so NOT_FOUND. RFC 9562 §5.9 */
export const PathId = z
  .string()
  .transform((text) => (UUID_PATTERN.test(text) ? text : '00000000-0000-0000-0000-000000000000'))
  .pipe(GivenId)

/** An address as a person types it: bounded, one `@`, no spaces. What proves it is a mail to it. */
export const EmailAddress = z
  .string()
  .transform((text) => text.trim())
  .pipe(
    z
      .string()
      .max(254)
      .regex(
        /^[^\s\p{Cc}\p{Cs}@<>"(),:;[\]\\]+@[^\s\p{Cc}\p{Cs}@<>"(),:;[\]\\]+\.[^\s\p{Cc}\p{Cs}@.<>"(),:;[\]\\]+$/u,
        'must be an e-mail address',
      ),
  )
  .meta({ examples: ['bob@acme-corp.com'] })

/** Text for people: NFC, trimmed, without control characters. */
export const displayText = (maxLength: number) =>
  z
    .string()
    .transform((text) => text.normalize('NFC').trim())
    .pipe(
      z
        .string()
        .min(1)
        .max(maxLength)
        .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters'),
    )

/** An `https` or `http` URL that a page may show, written in full: the parser would forgive spaces and controls. */
export const WebUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .regex(/^[^\s\p{Cc}\p{Cs}]*$/u, 'must not contain spaces or control characters')
  .meta({ examples: ['https://example.com/picture.png'] })

/** Answers that say no more than that it is done. */
export const Nothing = z.object({})

const TEXT = Symbol('authy2.instant')

/**
 * An instant as we give it. Kept beside the date: rows that are read once are shown many times, and to write out the
 * dates of a session and its user took longer than to find them.
 */
export function instant(date: Date & { [TEXT]?: string }): string {
  date[TEXT] ??= date.toISOString()
  return date[TEXT]
}

export const instantOrNull = (date: Date | null): string | null => (date ? instant(date) : null)
