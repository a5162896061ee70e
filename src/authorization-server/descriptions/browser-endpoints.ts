import { z } from 'zod'
import type { StandardAnswer, StandardOperation } from '../../http/index.ts'
import { RESPONSE_MODES, RESPONSE_TYPES } from '../../protocol/oauth/index.ts'
import { DISPLAYS } from '../../protocol/oidc/index.ts'
import { BY_CLIENT } from './client-endpoints.ts'
import { CLIENT_REFUSED, failures, TOLD_BY_REDIRECT } from './failures.ts'
import { CLIENT_MEMBERS, FORM, Resource, Scope } from './members.ts'

const PAGE = { 'text/html': z.string() }
const NOBODY: StandardOperation['security'] = []

/** OpenID Connect Core 1.0 §3.1.2.1, with what RFC 7636, 8707, 9101, 9126 and 9449 add. */
const requestMembers = () => ({
  response_type: z.enum(RESPONSE_TYPES).optional().describe('`code`; others of a Dynamic Provider only'),
  redirect_uri: z.string().optional().describe('One that is registered'),
  scope: Scope.optional(),
  state: z.string().max(4_096).optional().describe('Comes back with the answer'),
  code_challenge: z.string().optional().describe('RFC 7636 §4.2'),
  code_challenge_method: z.enum(['S256', 'plain']).optional(),
  response_mode: z.enum(RESPONSE_MODES).optional(),
  nonce: z.string().max(4_096).optional().describe('Comes back in the ID token'),
  prompt: z.string().optional().describe('`none`, or `login`, `consent` and `select_account` between spaces'),
  max_age: z.string().optional().describe('Seconds since the person signed in, at most'),
  acr_values: z.string().optional(),
  login_hint: z.string().max(320).optional(),
  id_token_hint: z.string().optional(),
  display: z.enum(DISPLAYS).optional(),
  ui_locales: z.string().optional(),
  claims: z.string().optional().describe('JSON (OpenID Connect Core 1.0 §5.5)'),
  resource: Resource.optional(),
  dpop_jkt: z.string().optional().describe('Of the key that the code is bound to (RFC 9449 §10)'),
  request: z.string().optional().describe('All of it as a JWT that the client has signed (RFC 9101)'),
})

const authorizationRequest = () =>
  z
    .object({
      client_id: z.string(),
      ...requestMembers(),
      request_uri: z.string().optional().describe('All of it as it was pushed (RFC 9126)'),
    })
    .meta({ examples: [{ client_id: '01970000-0000-7000-8000-000000000000', ...EXAMPLE }] })

const EXAMPLE = {
  response_type: 'code',
  redirect_uri: 'https://wiki.example.com/auth/callback',
  scope: 'openid profile email',
  state: 'af0ifjsldkj',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
}

const redirected = (description: string): StandardAnswer => ({ description, headers: ['Location'] })
const REFUSED_ON_PAGE = {
  400: failures(
    [
      'invalid_request',
      'invalid_request_uri',
      'invalid_request_object',
      'request_uri_not_supported',
      'registration_not_supported',
      'unauthorized_client',
    ],
    { isPage: true },
  ),
}

/** OpenID Connect Core 1.0 §3.1.2 */
export const describeAuthorization = (): StandardOperation => ({
  description:
    'For the browser of a person, not for programs. An error goes to the application where it and its redirect URI are known, else it is shown on a page.',
  security: NOBODY,
  query: authorizationRequest(),
  answers: {
    200: { description: 'A page that hands the answer over by a form (`form_post`).', content: PAGE },
    303: redirected(
      `To the sign-in, or to the redirect URI with \`code\`, \`state\` and \`iss\`, or with \`error\`, \`error_description\`, \`state\` and \`iss\`. The errors are ${TOLD_BY_REDIRECT.map((code) => `\`${code}\``).join(', ')}.`,
    ),
  },
  failures: REFUSED_ON_PAGE,
})

export const describeAuthorizationByForm = (): StandardOperation => {
  const { query, answers, ...rest } = describeAuthorization()
  return {
    ...rest,
    body: { [FORM]: authorizationRequest() },
    answers: { ...answers, 303: redirected('To the same by GET; a long form is answered as that is.') },
  }
}

/** RFC 9126 §2 */
export const describePushedAuthorization = (): StandardOperation => ({
  description:
    'Takes an authorization request beforehand, from the application itself; the browser brings the `request_uri` within 90 seconds. The client authenticates as at the token endpoint.',
  security: BY_CLIENT,
  limitedBy: 'client',
  headers: z.object({
    DPoP: z.string().optional().describe('A proof of the key that the code is bound to (RFC 9449 §10.1)'),
  }),
  body: { [FORM]: z.object({ ...requestMembers(), ...CLIENT_MEMBERS }).meta({ examples: [EXAMPLE] }) },
  answers: {
    201: {
      description: 'What it is called by.',
      headers: ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'DPoP-Nonce'],
      content: {
        'application/json': z
          .object({ request_uri: z.string(), expires_in: z.int().describe('Seconds') })
          .meta({
            examples: [
              {
                request_uri: 'urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c',
                expires_in: 90,
              },
            ],
          }),
      },
    },
  },
  failures: {
    400: failures(
      [
        'invalid_request',
        'unauthorized_client',
        'unsupported_response_type',
        'invalid_scope',
        'invalid_target',
        'invalid_request_object',
        'registration_not_supported',
        'invalid_dpop_proof',
        'use_dpop_nonce',
      ],
      { headers: ['DPoP-Nonce'] },
    ),
    401: CLIENT_REFUSED,
  },
})

const logoutRequest = () =>
  z
    .object({
      id_token_hint: z.string().optional().describe('With one about this person they are not asked'),
      client_id: z.string().optional(),
      post_logout_redirect_uri: z.string().optional().describe('One that is registered'),
      state: z.string().optional().describe('Comes back with the browser'),
      logout_hint: z.string().optional(),
      ui_locales: z.string().optional(),
    })
    .meta({ examples: [{ ui_locales: 'en' }] })

/** RP-Initiated Logout 1.0 §2 */
export const describeLogout = (): StandardOperation => ({
  description: 'For the browser of a person, not for programs.',
  security: NOBODY,
  query: logoutRequest(),
  answers: {
    200: { description: 'A page: a question, or that they are signed out.', content: PAGE },
    303: redirected('To the `post_logout_redirect_uri`, with `state`.'),
  },
  failures: { 400: failures(['invalid_request'], { isPage: true }) },
})

export const describeLogoutByForm = (): StandardOperation => {
  const { query, answers, ...rest } = describeLogout()
  return {
    ...rest,
    body: { [FORM]: logoutRequest() },
    answers: { ...answers, 303: redirected('To the same by GET; a long form is answered as that is.') },
  }
}
