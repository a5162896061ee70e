import { isCommonPassword } from './common-passwords.ts'

export interface PasswordContext {
  readonly email: string
  /** Names and slugs of the organizations that the user is in or about to join. */
  readonly organizationNames: readonly string[]
  /** What an organization asks beyond the product's own rules. */
  readonly minLength?: number
  readonly requireUpper?: boolean
  readonly requireNumber?: boolean
  readonly requireSpecial?: boolean
}

/** What can be wrong with a new password; pages say it in their own languages. */
export type PasswordProblemCode =
  | 'password_too_short'
  | 'password_too_long'
  | 'password_not_text'
  | 'password_needs_upper'
  | 'password_needs_number'
  | 'password_needs_special'
  | 'password_has_email'
  | 'password_has_organization'
  | 'password_common'
  | 'password_leaked'

export interface PasswordProblem {
  readonly code: PasswordProblemCode
  /** In words for the person who chose it. */
  readonly message: string
}

const MIN_LENGTH = 8
const MAX_LENGTH = 128
/** Shorter names turn up in good passwords by accident. */
const MIN_NAME_LENGTH = 4

/** How many characters a new password has at least: the product's own rule, or more where an organization asks. */
export const minimumLength = ({ minLength }: Pick<PasswordContext, 'minLength'>): number =>
  Math.max(MIN_LENGTH, minLength ?? MIN_LENGTH)

/**
 * What is wrong with a new password; nothing when it will do.
 * Characters are counted as code points after NFC, and all of them count. NIST SP 800-63B-4 §3.1.1.2.
 */
export async function checkPassword(password: string, context: PasswordContext): Promise<PasswordProblem[]> {
  const text = password.normalize('NFC')
  const length = [...text].length
  const minLength = minimumLength(context)
  const isWithout = (asked: boolean | undefined, kind: RegExp) => asked === true && !kind.test(text)
  const rules: readonly (readonly [broken: boolean, code: PasswordProblemCode, message: string])[] = [
    [length < minLength, 'password_too_short', `Use at least ${minLength} characters.`],
    [length > MAX_LENGTH, 'password_too_long', `Use at most ${MAX_LENGTH} characters.`],
    // Half a surrogate pair is encoded as U+FFFD, so that different passwords would become one.
    [!text.isWellFormed(), 'password_not_text', 'Leave out the characters that are not valid Unicode.'],
    [isWithout(context.requireUpper, /\p{Lu}/u), 'password_needs_upper', 'Use an upper-case letter.'],
    [isWithout(context.requireNumber, /\p{Nd}/u), 'password_needs_number', 'Use a digit.'],
    [
      isWithout(context.requireSpecial, /[^\p{L}\p{M}\p{N}]/u),
      'password_needs_special',
      'Use a character that is neither letter nor digit.',
    ],
    [containsAny(text, [localPart(context.email)]), 'password_has_email', 'Leave out your e-mail address.'],
    [
      containsAny(text, context.organizationNames),
      'password_has_organization',
      "Leave out your organization's name.",
    ],
    [
      await isCommonPassword(text),
      'password_common',
      'Choose another: this is one of the most used passwords.',
    ],
  ]
  return rules.flatMap(([broken, code, message]) => (broken ? [{ code, message }] : []))
}

function containsAny(password: string, names: readonly string[]): boolean {
  const folded = fold(password)
  return names.map(fold).some((name) => [...name].length >= MIN_NAME_LENGTH && folded.includes(name))
}

const fold = (text: string) => text.normalize('NFC').toLowerCase()

/** Without the `+tag` of a subaddress (RFC 5233 §1), which is no part of the person's name. */
const localPart = (email: string) => email.slice(0, email.lastIndexOf('@')).replace(/\+.*$/s, '')
