import { validationError } from '../kernel/index.ts'
import { checkPassword, type PasswordContext } from './password-rules.ts'

/** Tells whether a password is known from a leak. Asks somebody else's server: never inside a transaction. */
export type IsLeakedPassword = (password: string) => Promise<boolean>

/**
 * Throws VALIDATION_ERROR on `field` when a new password breaks a rule or is known from a leak. Only one that
 * keeps every rule of ours is looked up elsewhere.
 */
export async function refuseWeakPassword(
  deps: { readonly isLeakedPassword: IsLeakedPassword },
  password: string,
  context: PasswordContext & { readonly field?: 'password' | 'new_password' },
): Promise<void> {
  const { field = 'password' } = context
  const problems = await checkPassword(password, context)
  if (problems.length > 0) throw validationError({ [field]: problems })
  if (await deps.isLeakedPassword(password)) {
    throw validationError({ [field]: ['Choose another: this password is known from a data leak.'] })
  }
}
