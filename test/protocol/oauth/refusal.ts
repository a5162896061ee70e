import { expect } from 'bun:test'
import { OAuthError, type OAuthErrorCode } from '../../../src/protocol/oauth/index.ts'

/** The error that something is refused with; the test fails when it is not refused, or by an exception of another kind. */
export async function refusal(attempt: () => unknown): Promise<OAuthError> {
  try {
    await attempt()
  } catch (error) {
    expect(error).toBeInstanceOf(OAuthError)
    if (error instanceof OAuthError) return error
  }
  throw new Error('It was not refused.')
}

export const refusalCode = async (attempt: () => unknown): Promise<OAuthErrorCode> =>
  (await refusal(attempt)).code

/** True when something returns, or refuses in the words of OAuth: what a parser does with any input. */
export async function isTotal(attempt: () => unknown): Promise<boolean> {
  try {
    await attempt()
    return true
  } catch (error) {
    return error instanceof OAuthError
  }
}
