import { z } from 'zod'
import type { StandardOperation } from '../../http/index.ts'
import { TOKEN_TYPES } from '../../protocol/oauth/index.ts'
import { CLIENT_REFUSED, failures } from './failures.ts'
import { CLIENT_MEMBERS, FORM, Resource, Scope } from './members.ts'

/** By a header; or in the form, as one without a secret does. RFC 6749 §2.3 */
export const BY_CLIENT = [{ clientBasic: [] }, {}]
const BY_ITSELF =
  'The client authenticates by HTTP Basic, by `client_secret` or `client_assertion` in the form, or, a public one, names itself by `client_id`.'

const LIMIT = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset']
const DpopHeader = z.object({
  DPoP: z.string().optional().describe('A proof of the key that tokens are to be bound to (RFC 9449 §4.2)'),
})
/** Of a proof, of the endpoints that take one. */
const PROOF_REFUSED = ['invalid_dpop_proof', 'use_dpop_nonce'] as const

/** RFC 6749 §3.2 */
export const describeToken = (): StandardOperation => ({
  description: `Codes, refresh tokens and the like for tokens. ${BY_ITSELF}`,
  security: BY_CLIENT,
  limitedBy: 'client',
  headers: DpopHeader,
  body: { [FORM]: tokenForm() },
  answers: {
    200: {
      description: 'The tokens.',
      headers: [...LIMIT, 'DPoP-Nonce'],
      content: { 'application/json': tokens() },
    },
  },
  failures: {
    400: failures(
      [
        'invalid_request',
        'invalid_grant',
        'unauthorized_client',
        'unsupported_grant_type',
        'invalid_scope',
        'invalid_target',
        'access_denied',
        'authorization_pending',
        'slow_down',
        'expired_token',
        ...PROOF_REFUSED,
      ],
      { headers: ['DPoP-Nonce'] },
    ),
    401: CLIENT_REFUSED,
  },
})

const tokenForm = () =>
  z
    .discriminatedUnion('grant_type', [
      z.object({
        grant_type: z.literal('authorization_code'),
        code: z.string(),
        redirect_uri: z.string().describe('As it was in the authorization request'),
        code_verifier: z.string().optional().describe('Of the code_challenge (RFC 7636)'),
        resource: Resource.optional(),
        ...CLIENT_MEMBERS,
      }),
      z.object({
        grant_type: z.literal('refresh_token'),
        refresh_token: z.string(),
        scope: Scope.optional(),
        resource: Resource.optional(),
        ...CLIENT_MEMBERS,
      }),
      z.object({
        grant_type: z.literal('client_credentials'),
        scope: Scope.optional(),
        resource: Resource.optional(),
        ...CLIENT_MEMBERS,
      }),
      z.object({
        grant_type: z.literal('urn:ietf:params:oauth:grant-type:device_code'),
        device_code: z.string(),
        resource: Resource.optional(),
        ...CLIENT_MEMBERS,
      }),
      z.object({
        grant_type: z.literal('urn:ietf:params:oauth:grant-type:token-exchange'),
        subject_token: z.string(),
        subject_token_type: z.enum([TOKEN_TYPES.access_token, TOKEN_TYPES.id_token, TOKEN_TYPES.session]),
        requested_token_type: z.literal(TOKEN_TYPES.access_token).optional(),
        scope: Scope.optional(),
        resource: Resource.optional(),
        audience: z.array(z.string()).max(10).optional().describe('Resources by name (RFC 8693 §2.1)'),
        ...CLIENT_MEMBERS,
      }),
    ])
    .meta({
      examples: [
        {
          grant_type: 'authorization_code',
          code: 'a2x_code',
          redirect_uri: 'https://wiki.example.com/auth/callback',
          code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
        },
        { grant_type: 'refresh_token', refresh_token: 'a2r_token' },
        { grant_type: 'client_credentials', scope: 'reports:read' },
        { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'a2e_code' },
        {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: 'a2s_token',
          subject_token_type: TOKEN_TYPES.session,
          scope: 'openid',
        },
      ],
    })

const tokens = () =>
  z
    .object({
      access_token: z.string(),
      token_type: z.enum(['Bearer', 'DPoP']),
      expires_in: z.int().describe('Seconds'),
      scope: Scope,
      refresh_token: z.string().optional(),
      id_token: z.string().optional(),
      issued_token_type: z.string().optional().describe('Of a token exchange (RFC 8693 §2.2.1)'),
    })
    .meta({
      id: 'TokenResponse',
      examples: [
        { access_token: 'a2t_token', token_type: 'Bearer', expires_in: 3600, scope: 'openid email' },
      ],
    })

/** RFC 7009 §2 */
export const describeRevocation = (): StandardOperation => ({
  description: `Ends a token; one that is unknown or over is fine. With a refresh token all that came of the same sign-in ends. ${BY_ITSELF}`,
  security: BY_CLIENT,
  limitedBy: 'client',
  body: { [FORM]: tokenReference() },
  answers: {
    200: {
      description: 'It is over, or was already.',
      headers: LIMIT,
      content: { 'application/json': z.object({}).meta({ examples: [{}] }) },
    },
  },
  failures: { 400: failures(['invalid_request', 'invalid_grant']), 401: CLIENT_REFUSED },
})

const tokenReference = () =>
  z
    .object({
      token: z.string(),
      token_type_hint: z.enum(['access_token', 'refresh_token']).optional(),
      ...CLIENT_MEMBERS,
    })
    .meta({ examples: [{ token: 'a2r_token' }] })

/** RFC 7662 §2 */
export const describeIntrospection = (): StandardOperation => ({
  description:
    'Whether a token is good now: told to its client, and to those that it is for. A public client may not ask. The client authenticates by HTTP Basic, or by `client_secret` or `client_assertion` in the form.',
  security: BY_CLIENT,
  limitedBy: 'client',
  body: { [FORM]: tokenReference() },
  answers: {
    200: {
      description: 'What it stands for; of one that is not active, no more than that.',
      headers: LIMIT,
      content: { 'application/json': introspection() },
    },
  },
  failures: { 400: failures(['invalid_request']), 401: CLIENT_REFUSED },
})

const introspection = () =>
  z
    .object({
      active: z.boolean(),
      iss: z.string().optional(),
      sub: z.string().optional(),
      aud: z.array(z.string()).optional(),
      client_id: z.string().optional(),
      scope: Scope.optional(),
      iat: z.int().optional(),
      exp: z.int().optional(),
      token_type: z.enum(['Bearer', 'DPoP']).optional(),
      jti: z.string().optional(),
      cnf: z.object({ jkt: z.string() }).optional().describe('The key that it is bound to (RFC 9449 §6.2)'),
    })
    .meta({ id: 'Introspection', examples: [{ active: false }] })

/** RFC 8628 §3.1 */
export const describeDeviceAuthorization = (): StandardOperation => ({
  description: `Begins the sign-in of a program without a browser. ${BY_ITSELF}`,
  security: BY_CLIENT,
  limitedBy: 'client',
  headers: DpopHeader,
  body: {
    [FORM]: z
      .object({ scope: Scope.optional(), resource: Resource.optional(), ...CLIENT_MEMBERS })
      .meta({ examples: [{ scope: 'openid profile' }] }),
  },
  answers: {
    200: {
      description: 'The codes: one for the program, one for the person.',
      headers: [...LIMIT, 'DPoP-Nonce'],
      content: { 'application/json': deviceAuthorization() },
    },
  },
  failures: {
    400: failures(
      ['invalid_request', 'unauthorized_client', 'invalid_scope', 'invalid_target', ...PROOF_REFUSED],
      { headers: ['DPoP-Nonce'] },
    ),
    401: CLIENT_REFUSED,
  },
})

const deviceAuthorization = () =>
  z
    .object({
      device_code: z.string(),
      user_code: z.string(),
      verification_uri: z.url(),
      verification_uri_complete: z.url(),
      expires_in: z.int().describe('Seconds'),
      interval: z.int().describe('Seconds to wait between questions'),
    })
    .meta({
      examples: [
        {
          device_code: 'a2e_code',
          user_code: 'WDJB-MJHT',
          verification_uri: 'https://id.example.com/device',
          verification_uri_complete: 'https://id.example.com/device?user_code=WDJB-MJHT',
          expires_in: 600,
          interval: 5,
        },
      ],
    })
