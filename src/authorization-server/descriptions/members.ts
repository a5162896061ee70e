import { z } from 'zod'

export const FORM = 'application/x-www-form-urlencoded'

export const Scope = z.string().describe('Between spaces (RFC 6749 §3.3)')
export const Resource = z
  .array(z.url())
  .max(10)
  .describe('What the access token is for; may be repeated (RFC 8707 §2)')

/** What a client proves itself by in a form. RFC 6749 §2.3.1, RFC 7521 §4.2 */
export const CLIENT_MEMBERS = {
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  client_assertion_type: z.literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer').optional(),
  client_assertion: z.string().optional().describe('A JWT that the client has signed (RFC 7523 §3)'),
}
