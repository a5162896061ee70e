import { z } from 'zod'
import type { StandardOperation } from '../../http/index.ts'
import { failures } from './failures.ts'
import { FORM } from './members.ts'

type Members = Readonly<Record<string, unknown>>

/** A document that anybody may have, kept for five minutes. The example is the one of this server. */
const published = (schema: z.ZodType, example?: Members): StandardOperation => ({
  security: [],
  answers: {
    200: {
      description: 'The document.',
      headers: ['Cache-Control'],
      content: { 'application/json': example ? schema.meta({ examples: [example] }) : schema },
    },
  },
  failures: {},
})

/** Of this server or of a resource: OpenID Connect Discovery 1.0 §3, RFC 8414 §2, RFC 9728 §2 */
export const describeMetadata = (document: Members) => (): StandardOperation =>
  published(describedBy(document), document)

/** Every member as it is, which is what the standards say of it. */
const describedBy = (document: Members) =>
  z.object(
    Object.fromEntries(
      Object.entries(document).map(([name, value]) => {
        if (Array.isArray(value)) return [name, z.array(z.string())]
        if (typeof value === 'boolean') return [name, z.boolean()]
        return [name, URL.canParse(String(value)) ? z.url() : z.string()]
      }),
    ),
  )

/** RFC 7517 §5 */
export const describeKeys = (): StandardOperation =>
  published(
    z
      .object({
        keys: z.array(
          z.object({
            kty: z.enum(['RSA', 'EC', 'OKP']),
            kid: z.string(),
            use: z.literal('sig'),
            alg: z.string(),
            n: z.string().optional(),
            e: z.string().optional(),
            crv: z.string().optional(),
            x: z.string().optional(),
            y: z.string().optional(),
          }),
        ),
      })
      .meta({
        examples: [
          {
            keys: [
              {
                kty: 'OKP',
                crv: 'Ed25519',
                kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
                use: 'sig',
                alg: 'EdDSA',
                x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
              },
            ],
          },
        ],
      }),
  )

/** OpenID Connect Core 1.0 §5.3 */
export const describeUserinfo = (): StandardOperation => ({
  description:
    'Who the person behind an access token is, as far as its scope tells. As a JWT to a client that has registered `userinfo_signed_response_alg`.',
  security: [{ openIdConnect: ['openid'] }],
  limitedBy: 'access token',
  headers: z.object({
    DPoP: z
      .string()
      .optional()
      .describe('The proof that belongs to a token of the scheme DPoP (RFC 9449 §7.1)'),
  }),
  answers: {
    200: {
      description: 'The claims.',
      content: { 'application/json': userinfo(), 'application/jwt': z.string() },
    },
  },
  failures: {
    400: failures(['invalid_request']),
    401: failures(['invalid_token', 'invalid_dpop_proof', 'use_dpop_nonce'], {
      mayBeEmpty: true,
      headers: ['WWW-Authenticate'],
    }),
    403: failures(['insufficient_scope'], { headers: ['WWW-Authenticate'] }),
  },
})

/** The token may be in the form, as RFC 6750 §2.2 has it. */
export const describeUserinfoByForm = (): StandardOperation => ({
  ...describeUserinfo(),
  security: [{ openIdConnect: ['openid'] }, {}],
  body: {
    [FORM]: z
      .object({ access_token: z.string().optional().describe('Instead of in the header') })
      .meta({ examples: [{ access_token: 'a2t_token' }] }),
  },
})

/** OpenID Connect Core 1.0 §5.1, with the claims of this server; a client may have further ones. */
const userinfo = () =>
  z
    .object({
      sub: z.string(),
      name: z.string().optional(),
      picture: z.string().optional(),
      locale: z.string().optional(),
      updated_at: z.int().optional(),
      email: z.string().optional(),
      email_verified: z.boolean().optional(),
      roles: z.array(z.string()).optional(),
      organizations: z
        .array(
          z.object({
            id: z.string(),
            slug: z.string(),
            role: z.string(),
            departments: z.array(z.string()),
          }),
        )
        .optional(),
      groups: z.array(z.string()).optional(),
    })
    .catchall(z.unknown())
    .meta({
      examples: [
        {
          sub: '01970000-0000-7000-8000-000000000000',
          name: 'Bob Example',
          email: 'bob@example.com',
          email_verified: true,
        },
      ],
    })
