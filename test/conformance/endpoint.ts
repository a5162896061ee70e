import { expect } from 'bun:test'
import { checkErrorWords } from './callback.ts'

/** An error of an endpoint that answers as JSON. RFC 6749 §5.2 */
export async function checkJsonError(
  response: Response,
  { status, errors }: { readonly status: readonly number[]; readonly errors: readonly string[] },
): Promise<void> {
  const body = (await response.json()) as Record<string, unknown>
  expect(errors).toContain(String(body.error))
  expect(status).toContain(response.status)
  expect(response.headers.get('content-type')).toStartWith('application/json')
  checkErrorWords(body)
}

export const checkInvalidGrant = (response: Response): Promise<void> =>
  checkJsonError(response, { status: [400], errors: ['invalid_grant'] })

export const isRefusal = ({ status }: Response): boolean => status >= 400 && status < 500

/** A document of an endpoint whose content type says so. */
export async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toStartWith('application/json')
  return (await response.json()) as Record<string, unknown>
}
