import type { Fields } from './form-fields.ts'
import type { Problem } from './messages/problem.ts'

/** Longer than any that is accepted; see the rules for passwords. */
const MAX_LENGTH = 1_024

export type ChosenPassword =
  | { readonly password: string }
  | { readonly problems: { readonly password?: Problem; readonly password_confirm?: Problem } }

/** A password that was entered twice; whether it is a good one is decided elsewhere. */
export function newPassword(form: Fields): ChosenPassword {
  const password = form.text('password', MAX_LENGTH)
  if (password === '') return { problems: { password: { code: 'password_required' } } }
  if (form.text('password_confirm', MAX_LENGTH) !== password) {
    return { problems: { password_confirm: { code: 'passwords_differ' } } }
  }
  return { password }
}
