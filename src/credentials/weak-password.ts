import { validationError } from '../kernel/index.ts'
import { checkPassword, minimumLength, type PasswordContext, type PasswordProblem } from './password-rules.ts'

/** Tells whether a password is known from a leak. Asks somebody else's server: never inside a transaction. */
export type IsLeakedPassword = (password: string) => Promise<boolean>

/**
 * Throws VALIDATION_ERROR on `field` when a new password breaks a rule or is known from a leak. Only one that
 * keeps every rule of ours is looked up elsewhere. `details.password_problems` says the same in codes, for pages that
 * have words of their own.
 */
export async function refuseWeakPassword(
  deps: { readonly isLeakedPassword: IsLeakedPassword },
  password: string,
  context: PasswordContext & { readonly field?: 'password' | 'new_password' },
): Promise<void> {
  const { field = 'password' } = context
  const broken = await checkPassword(password, context)
  const problems = broken.length === 0 && (await deps.isLeakedPassword(password)) ? [LEAKED] : broken
  if (problems.length === 0) return
  throw validationError(
    { [field]: problems.map(({ message }) => message) },
    { password_problems: problems.map(({ code }) => code), password_min_length: minimumLength(context) },
  )
}

const LEAKED: PasswordProblem = {
  code: 'password_leaked',
  message: 'Choose another: this password is known from a data leak.',
}
