import type { PasswordProblemCode } from '../credentials/index.ts'
import { type AppError, type ErrorType, forbidden } from '../kernel/index.ts'
import type { Messages } from './messages/messages.ts'
import type { Problem } from './messages/problem.ts'

/** A form without the seal of this browser: from another site, or from a page that was open for longer than its cookie. */
export const formExpired = (): AppError =>
  forbidden('This form was not sent by a page of this server.', { [FORM_EXPIRED]: true })

/** The browser keeps no cookie of ours: nothing binds the form to it, and it never will. */
export const cookiesNeeded = (): AppError =>
  forbidden('The browser sent no cookie of this server.', { [COOKIES_NEEDED]: true })

const FORM_EXPIRED = 'form_expired'
const COOKIES_NEEDED = 'cookies_needed'

/**
 * What is wrong with a form as a whole, whichever it is: said above it, with what was entered still in it. Undefined
 * for what only the form itself can say, or no form at all.
 */
export function commonProblem({ type, details }: AppError): Problem | undefined {
  switch (type) {
    case 'RATE_LIMIT_EXCEEDED':
      return { code: 'too_many_attempts', retryAfterSeconds: Number(details.retry_after_seconds ?? 60) }
    case 'SERVICE_UNAVAILABLE':
      return { code: 'unavailable' }
    default:
      if (details[COOKIES_NEEDED] === true) return { code: 'cookies_needed' }
      return details[FORM_EXPIRED] === true ? { code: 'form_expired' } : undefined
  }
}

/** What is wrong with a new password: the first of what there is, so that one thing is asked for at a time. */
export function passwordProblem({ details }: AppError): Problem | undefined {
  const { password_problems: codes, password_min_length: minimum } = details as {
    password_problems?: readonly PasswordProblemCode[]
    password_min_length?: number
  }
  const [code] = codes ?? []
  if (code === undefined) return undefined
  return code === 'password_too_short' ? { code, minimum: minimum ?? 8 } : { code }
}

/** The organization that allows other ways to sign in only. */
export function methodProblem({ type, details }: AppError): Problem | undefined {
  const [organization] = (details as { organizations?: readonly { name: string }[] }).organizations ?? []
  if (type !== 'AUTHORIZATION_ERROR' || !organization) return undefined
  return { code: 'method_not_allowed', organization: organization.name }
}

export type ProblemCode = keyof Messages['errors']

const PAGES: Partial<Record<ErrorType, ProblemCode>> = {
  NOT_FOUND: 'not_found',
  METHOD_NOT_ALLOWED: 'not_found',
  PAYLOAD_TOO_LARGE: 'too_long',
  RATE_LIMIT_EXCEEDED: 'too_many_requests',
  INTERNAL_ERROR: 'internal',
  SERVICE_UNAVAILABLE: 'unavailable',
  UPSTREAM_ERROR: 'unavailable',
}

/** The page that says it; undefined where the request itself is not right, which each place has words for. */
export const problemPageOf = (type: ErrorType): ProblemCode | undefined => PAGES[type]
