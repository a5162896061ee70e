import { z } from 'zod'
import type { StandardOperation } from '../../http/index.ts'
import { ClientMetadata } from '../../protocol/oauth/index.ts'
import { failures } from './failures.ts'

const EXAMPLE = {
  client_name: 'Wiki',
  redirect_uris: ['https://wiki.example.com/auth/callback'],
  token_endpoint_auth_method: 'client_secret_basic' as const,
}
const CLIENT_ID = '01970000-0000-7000-8000-000000000000'

const INVALID_TOKEN = failures(['invalid_token'], { headers: ['WWW-Authenticate'] })
const REFUSED = {
  400: failures([
    'invalid_client_metadata',
    'invalid_redirect_uri',
    'unapproved_software_statement',
    'invalid_request',
  ]),
  401: INVALID_TOKEN,
}
const BY_REGISTRATION_TOKEN = [{ registrationAccessToken: [] }]
const Path = z.object({ client_id: z.string().max(512) })

/** RFC 7591 §3 */
export const describeRegistration = (): StandardOperation => ({
  description:
    'An application registers itself: with an initial access token for its organization, or without where `OIDC_DYNAMIC_REGISTRATION` is `open`. What is not understood is left out; the answer shows what counts.',
  security: [{ initialAccessToken: [] }, {}],
  body: { 'application/json': ClientMetadata.meta({ examples: [EXAMPLE] }) },
  answers: {
    201: {
      description: 'The client, with the secret and the token by which it manages itself.',
      content: { 'application/json': clientInformation() },
    },
  },
  failures: REFUSED,
})

/** RFC 7591 §3.2.1, RFC 7592 §3 */
const clientInformation = () =>
  z
    .object({
      client_id: z.string(),
      client_id_issued_at: z.int(),
      client_secret: z.string().optional().describe('Shown when it is made, and never again'),
      client_secret_expires_at: z.int().optional().describe('0: it does not'),
      registration_client_uri: z.url(),
      registration_access_token: z.string(),
      ...ClientMetadata.shape,
    })
    .meta({
      id: 'ClientInformation',
      examples: [
        {
          client_id: CLIENT_ID,
          client_id_issued_at: 1893456000,
          client_secret: 'a2c_secret',
          client_secret_expires_at: 0,
          registration_client_uri: `https://id.example.com/oidc/register/${CLIENT_ID}`,
          registration_access_token: 'a2g_token',
          ...EXAMPLE,
        },
      ],
    })

const shown = (description: string): StandardOperation['answers'] => ({
  200: { description, content: { 'application/json': clientInformation() } },
})

/** RFC 7592 §2.1 */
export const describeReading = (): StandardOperation => ({
  security: BY_REGISTRATION_TOKEN,
  path: Path,
  answers: shown('What is registered.'),
  failures: { 401: INVALID_TOKEN },
})

/** RFC 7592 §2.2 */
export const describeReplacing = (): StandardOperation => ({
  description:
    'Replaces all that is registered: what is left out, null or empty has its default. The body names the client; a secret in it has to be the present one.',
  security: BY_REGISTRATION_TOKEN,
  path: Path,
  body: {
    'application/json': ClientMetadata.extend({
      client_id: z.string(),
      client_secret: z.string().optional(),
    }).meta({ examples: [{ client_id: CLIENT_ID, ...EXAMPLE }] }),
  },
  answers: shown('What is registered now; with a secret where a new one was made.'),
  failures: REFUSED,
})

/** RFC 7592 §2.3 */
export const describeDeleting = (): StandardOperation => ({
  security: BY_REGISTRATION_TOKEN,
  path: Path,
  answers: { 204: { description: 'It is gone, with everything that was given out through it.' } },
  failures: { 401: INVALID_TOKEN },
})
