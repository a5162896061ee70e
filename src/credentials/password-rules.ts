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

const MIN_LENGTH = 8
const MAX_LENGTH = 128
/** Shorter names turn up in good passwords by accident. */
const MIN_NAME_LENGTH = 4

/**
 * What is wrong with a new password, in words for the person who chose it; nothing when it will do.
 * Characters are counted as code points after NFC, and all of them count. NIST SP 800-63B-4 §3.1.1.2.
 */
export async function checkPassword(password: string, context: PasswordContext): Promise<string[]> {
  const text = password.normalize('NFC')
  const length = [...text].length
  const minLength = Math.max(MIN_LENGTH, context.minLength ?? MIN_LENGTH)
  const rules: readonly (readonly [broken: boolean | undefined, problem: string])[] = [
    [length < minLength, `Use at least ${minLength} characters.`],
    [length > MAX_LENGTH, `Use at most ${MAX_LENGTH} characters.`],
    // Half a surrogate pair is encoded as U+FFFD, so that different passwords would become one.
    [!text.isWellFormed(), 'Leave out the characters that are not valid Unicode.'],
    [context.requireUpper && !/\p{Lu}/u.test(text), 'Use an upper-case letter.'],
    [context.requireNumber && !/\p{Nd}/u.test(text), 'Use a digit.'],
    [
      context.requireSpecial && !/[^\p{L}\p{M}\p{N}]/u.test(text),
      'Use a character that is neither letter nor digit.',
    ],
    [containsAny(text, [localPart(context.email)]), 'Leave out your e-mail address.'],
    [containsAny(text, context.organizationNames), "Leave out your organization's name."],
    [await isCommonPassword(text), 'Choose another: this is one of the most used passwords.'],
  ]
  return rules.flatMap(([broken, problem]) => (broken ? [problem] : []))
}

function containsAny(password: string, names: readonly string[]): boolean {
  const folded = fold(password)
  return names.map(fold).some((name) => [...name].length >= MIN_NAME_LENGTH && folded.includes(name))
}

const fold = (text: string) => text.normalize('NFC').toLowerCase()

/** Without the `+tag` of a subaddress (RFC 5233 §1), which is no part of the person's name. */
const localPart = (email: string) => email.slice(0, email.lastIndexOf('@')).replace(/\+.*$/s, '')
