import { shown } from '../parts/shown.ts'
import type { Messages } from './messages.ts'

type PlainCode = keyof Messages['problems']

/** What is wrong with an entry, or with the form as a whole; the catalogue says it and what to do about it. */
export type Problem =
  | { readonly code: PlainCode }
  | { readonly code: 'password_too_short'; readonly minimum: number }
  | { readonly code: 'too_many_attempts'; readonly retryAfterSeconds: number }
  | { readonly code: 'method_not_allowed'; readonly organization: string }

/** The problem in the words of a language. */
export function sayProblem(messages: Messages, problem: Problem): string {
  switch (problem.code) {
    case 'password_too_short':
      return messages.passwordTooShort(problem.minimum)
    case 'too_many_attempts':
      return messages.tooManyAttempts(sayWait(messages, problem.retryAfterSeconds))
    case 'method_not_allowed':
      return messages.methodNotAllowed(shown(problem.organization))
    default:
      return messages.problems[problem.code]
  }
}

/** Rounded up: who waits that long has waited long enough. */
function sayWait({ seconds, minutes, hours }: Messages, count: number): string {
  if (count < 60) return seconds(Math.max(1, Math.ceil(count)))
  return count < 3600 ? minutes(Math.ceil(count / 60)) : hours(Math.ceil(count / 3600))
}
