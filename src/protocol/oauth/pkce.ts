import { base64url, constantTimeEqual, sha256, utf8 } from '../../kernel/index.ts'
import { invalidGrant, invalidRequest } from './errors.ts'
import type { RequestParameters } from './parameters.ts'

/** Strongest first. RFC 7636 §4.2 */
export const CODE_CHALLENGE_METHODS = ['S256', 'plain'] as const
export type CodeChallengeMethod = (typeof CODE_CHALLENGE_METHODS)[number]

export interface CodeChallenge {
  readonly method: CodeChallengeMethod
  readonly challenge: string
}

/** RFC 7636 §4.1 */
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/
const SHA_256_TEXT = /^[A-Za-z0-9_-]{43}$/

/**
 * The code challenge of an authorization request, or undefined where it has none. Throws invalid_request when
 * malformed or of a method that is not allowed: one that is not named is `plain`. RFC 7636 §4.3, §4.4.1
 */
export function parseCodeChallenge(
  parameters: RequestParameters,
  { allowsPlain }: { readonly allowsPlain: boolean },
): CodeChallenge | undefined {
  const challenge = parameters.get('code_challenge')
  const named = parameters.get('code_challenge_method')
  if (challenge === undefined) {
    if (named !== undefined) throw invalidRequest('The parameter code_challenge is missing.')
    return undefined
  }
  const method = CODE_CHALLENGE_METHODS.find((known) => known === (named ?? 'plain'))
  if (method === undefined || (method === 'plain' && !allowsPlain)) {
    throw invalidRequest('The parameter code_challenge_method must be S256.')
  }
  const isWellFormed = (method === 'S256' ? SHA_256_TEXT : VERIFIER).test(challenge)
  if (!isWellFormed) throw invalidRequest('The parameter code_challenge is malformed.')
  return { method, challenge }
}

/**
 * Throws invalid_grant unless the verifier fits the challenge that the code was asked for with. A verifier without
 * a challenge is refused as well: somebody took the challenge out on its way (RFC 9700 §4.8.2). RFC 7636 §4.6
 */
export function verifyCodeChallenge(expected: CodeChallenge | undefined, verifier: string | undefined): void {
  if (expected === undefined && verifier === undefined) return
  if (expected === undefined) throw invalidGrant('The code was asked for without a code challenge.')
  if (verifier === undefined) throw invalidGrant('The parameter code_verifier is missing.')
  if (!VERIFIER.test(verifier)) throw invalidGrant('The code verifier is malformed.')
  const presented = expected.method === 'S256' ? s256CodeChallenge(verifier) : verifier
  if (!constantTimeEqual(utf8(presented), utf8(expected.challenge))) {
    throw invalidGrant('The code verifier does not fit the code challenge.')
  }
}

/** RFC 7636 §4.2 */
export const s256CodeChallenge = (verifier: string): string => base64url(sha256(verifier))
