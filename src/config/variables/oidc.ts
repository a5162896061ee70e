import { durationUpTo, flag, integer, oneOf } from '../formats.ts'
import { origin } from '../urls.ts'
import type { Variable } from './variable.ts'

/**
 * No token that is signed lives longer, whatever is configured: its key can be forgotten then, and nobody has to
 * remember a revoked one for long.
 */
export const MAX_SIGNED_TOKEN_SECONDS = 86_400

export const oidc = {
  OIDC_ISSUER_URL: {
    format: origin,
    default: { text: 'PUBLIC_URL', from: ({ PUBLIC_URL }) => PUBLIC_URL },
    example: 'https://id.example.com',
    description:
      'The issuer that applications know this server by: where people sign in, too, so nothing but `PUBLIC_URL`. Changing it signs them all out.',
  },
  OIDC_ACCESS_TOKEN_LIFETIME: {
    format: durationUpTo(MAX_SIGNED_TOKEN_SECONDS),
    default: '3600',
    description: 'How long an access token lives, unless its client says otherwise; a day at most.',
  },
  OIDC_ID_TOKEN_LIFETIME: {
    format: durationUpTo(MAX_SIGNED_TOKEN_SECONDS),
    default: '3600',
    description: 'The same for ID tokens.',
  },
  OIDC_REFRESH_TOKEN_LIFETIME: {
    format: durationUpTo(365 * 86_400),
    default: '2592000',
    description: 'How long an application can stay signed in without its user; a year at most.',
  },
  OIDC_AUTHORIZATION_CODE_LIFETIME: {
    format: durationUpTo(600),
    default: '60',
    description: 'How long an application has to redeem an authorization code; ten minutes at most.',
  },
  OIDC_KEY_ROTATION_DAYS: {
    format: integer(2, 730),
    default: '90',
    description: 'After how many days another key signs. It is published a day before.',
  },
  OIDC_DYNAMIC_REGISTRATION: {
    format: oneOf('closed', 'open'),
    default: 'closed',
    description:
      'Who may register applications at `/oidc/register`: `closed`, holders of an initial access token; `open`, everybody.',
  },
  OIDC_CLIENT_METADATA_DOCUMENTS: {
    format: flag,
    default: 'false',
    description:
      'Accept applications that are not registered, by the URL of a document that describes them (for MCP clients).',
  },
  OIDC_DYNAMIC_PROFILE: {
    format: flag,
    default: 'false',
    description:
      'Let applications register for the implicit flow and for request objects by reference, as OpenID Connect demands of a Dynamic Provider. OAuth 2.1 has neither.',
  },
} satisfies Record<string, Variable>
