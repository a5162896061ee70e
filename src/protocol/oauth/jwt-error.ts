import { errors } from 'jose'

/** Why a JWT is not accepted; the message names a rule and nothing that was sent. */
export class JwtError extends Error {
  override readonly name = 'JwtError'
}

/** True when a signature failed for want of its key: the moment to fetch the key set again, once. */
export const isMissingKey = (error: unknown): boolean =>
  error instanceof Error && (error.cause instanceof errors.JWKSNoMatchingKey || isMissingKey(error.cause))
