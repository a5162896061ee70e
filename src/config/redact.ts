import { withoutPasswords } from './urls.ts'
import type { Variable } from './variables/variable.ts'

const HIDDEN = '(hidden)'

/** The text of a variable as it may be shown to people and kept in logs. */
export function redact({ secret }: Variable, text: string): string {
  if (secret === undefined) return text
  if (secret === 'whole') return HIDDEN
  return withoutPasswords(text, secret === 'urls' ? ',' : undefined) ?? HIDDEN
}
