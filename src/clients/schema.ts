import { z } from 'zod'
import { MAX_SIGNED_TOKEN_SECONDS } from '../config/index.ts'
import type { Row } from '../db/index.ts'
import { displayText, GivenId, Id, Instant } from '../http/index.ts'
import { ROLES } from '../kernel/index.ts'
import { ClientMetadata, SIGNING_ALGORITHMS } from '../protocol/oauth/index.ts'
import { MAX_SECRET_OVERLAP_SECONDS, SECRET_OVERLAP_SECONDS } from './secrets.ts'

const DAY = 86_400

/** Claims whose meaning a standard or this server fixes: an application's own must not take their place. */
const RESERVED_CLAIMS = new Set(
  [
    ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'typ'], // RFC 7519 §4.1
    ['azp', 'nonce', 'auth_time', 'acr', 'amr', 'sid', 'at_hash', 'c_hash', 's_hash'], // OpenID Connect
    ['client_id', 'scope', 'cnf', 'act', 'may_act', 'events', 'active', 'token_type'], // OAuth
    ['email', 'email_verified', 'roles', 'groups', 'organizations'], // what applications decide by
  ].flat(),
)

const ClaimName = z
  .string()
  .regex(/^[A-Za-z][\w.:/-]{0,127}$/, 'must begin with a letter and have letters, digits and _ . : / - only')
  .refine((name) => !RESERVED_CLAIMS.has(name), 'must not be a claim whose meaning is fixed')

/** Zod says no more than that a key is invalid, and keeps to itself by which rule. */
const ruleOfKey = (issue: { readonly code?: string; readonly issues?: readonly z.core.$ZodIssue[] }) =>
  issue.code === 'invalid_key' ? issue.issues?.[0]?.message : undefined

const PROFILE_FIELDS = [
  'user_id',
  'email',
  'full_name',
  'avatar_url',
  'locale',
] as const satisfies readonly Row<'client'>['claims'][string][]

/** In the characters of RFC 3986, as `resource` is: another could not be asked for. */
const Audience = z
  .url()
  .max(2_048)
  .refine((text) => !text.includes('#'), 'must not have a fragment')
  .refine((text) => /^[\x21-\x7e]+$/.test(text), 'must not have spaces or characters beyond ASCII')

const Lifetime = (maximumSeconds: number) => z.int().min(60).max(maximumSeconds)

const Access = z
  .object({
    members_only: z.boolean().describe('Only members of the organization sign in'),
    roles: z.array(z.enum(ROLES)).max(ROLES.length).optional().meta({ default: [] }),
    department_ids: z.array(GivenId).max(50).optional().meta({ default: [] }),
  })
  .refine(
    ({ members_only, roles = [], department_ids = [] }) =>
      members_only || roles.length + department_ids.length === 0,
    'roles and department_ids narrow down members: set members_only to true with them',
  )
  .describe('Who may sign in. Roles and departments are alternatives: one of them is enough')

/** What this server lets be said of a client beyond the standards. */
const settings = {
  pkce_required: z.boolean().optional().describe('Off only for confidential clients that cannot do PKCE'),
  pkce_plain_allowed: z
    .boolean()
    .optional()
    .describe('Accept the method plain, too, which protects less than S256'),
  consent: z.enum(['required', 'first_party']).optional().describe('first_party: members are not asked'),
  access_token_format: z.enum(['jwt', 'opaque']).optional(),
  access_token_signing_alg: z.enum(SIGNING_ALGORITHMS).optional(),
  access_token_lifetime: Lifetime(MAX_SIGNED_TOKEN_SECONDS)
    .nullable()
    .optional()
    .describe('Seconds; null: as configured'),
  id_token_lifetime: Lifetime(MAX_SIGNED_TOKEN_SECONDS).nullable().optional(),
  refresh_token_lifetime: Lifetime(365 * DAY)
    .nullable()
    .optional(),
  audiences: z
    .array(Audience)
    .max(50)
    .optional()
    .describe(
      'Resources that it may ask tokens for (RFC 8707). Each is of the organization that lists it first, as long as one of its clients does',
    ),
  claims: z
    .record(ClaimName, z.enum(PROFILE_FIELDS), { error: ruleOfKey })
    .refine((claims) => Object.keys(claims).length <= 20, 'must have 20 claims at most')
    .optional()
    .describe('Further claims of ID tokens and userinfo, each with the profile field that it shows'),
  access: Access.optional(),
}

const metadata = ClientMetadata.omit({ response_types: true }).shape

export const NewClient = z.object({ ...metadata, client_name: displayText(200), ...settings }).meta({
  examples: [
    {
      client_name: 'Wiki',
      redirect_uris: ['https://wiki.example.com/auth/callback'],
      post_logout_redirect_uris: ['https://wiki.example.com/'],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email offline_access',
    },
  ],
})
export type NewClient = z.infer<typeof NewClient>

/** What is left out stays as it is; null takes it away, so that its default counts again. */
export const ClientChange = z
  .object({ ...orNull(metadata), client_name: displayText(200).optional(), ...orNull(settings) })
  .meta({ examples: [{ client_name: 'Team wiki', consent: 'first_party' }] })
export type ClientChange = z.infer<typeof ClientChange>

/** As its administrators see it: what was registered with every default, and what this server adds. */
export const Client = z
  .object({
    client_id: z.string(),
    organization_id: Id.nullable(),
    origin: z
      .enum(['created', 'registered', 'document'])
      .describe('By an administrator, or by itself (RFC 7591)'),
    ...ClientMetadata.shape,
    logo_uri: z.string().meta({ format: 'uri' }).optional(),
    accepts_basic_and_post: z.boolean().describe('Its secret may come in the header or the body'),
    pkce_required: z.boolean(),
    pkce_plain_allowed: z.boolean(),
    consent: z.enum(['required', 'first_party']),
    access_token_format: z.enum(['jwt', 'opaque']),
    access_token_signing_alg: z.enum(SIGNING_ALGORITHMS),
    access_token_lifetime: z.int().nullable(),
    id_token_lifetime: z.int().nullable(),
    refresh_token_lifetime: z.int().nullable(),
    audiences: z.array(z.string()),
    foreign_audiences: z
      .array(z.string())
      .describe('Those of them that another organization has: there are no tokens for them'),
    claims: z.record(z.string(), z.enum(PROFILE_FIELDS)),
    access: z.object({
      members_only: z.boolean(),
      roles: z.array(z.enum(ROLES)),
      department_ids: z.array(z.string()),
    }),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'Client' })
export type Client = z.infer<typeof Client>

export const ClientSecret = z.object({
  created_at: Instant,
  expires_at: Instant.nullable().describe('When it stops working, once another has taken its place'),
})
export type ClientSecret = z.infer<typeof ClientSecret>

export const SecretRotation = z
  .object({
    overlap_seconds: z
      .int()
      .min(0)
      .max(MAX_SECRET_OVERLAP_SECONDS)
      .optional()
      .meta({ default: SECRET_OVERLAP_SECONDS })
      .describe('How long the present secret goes on working; 0 ends it at once'),
  })
  .meta({ examples: [{ overlap_seconds: 3_600 }] })
export type SecretRotation = z.infer<typeof SecretRotation>

export const NewInitialAccessToken = z
  .object({
    max_uses: z.int().min(1).max(100).optional().meta({ default: 1 }),
    expires_in: z
      .int()
      .min(60)
      .max(7 * DAY)
      .optional()
      .meta({ default: 3_600 })
      .describe('Seconds'),
  })
  .meta({ examples: [{ max_uses: 5, expires_in: 3_600 }] })
export type NewInitialAccessToken = z.infer<typeof NewInitialAccessToken>

/** Without the token, which is shown when it is made. */
export const InitialAccessToken = z
  .object({
    id: Id,
    uses_left: z.int().describe('How many clients may still register with it'),
    created_at: Instant,
    expires_at: Instant,
  })
  .meta({ id: 'InitialAccessToken' })
export type InitialAccessToken = z.infer<typeof InitialAccessToken>

/** A client with the secrets that it has. */
export type StoredClient = Row<'client'> & { readonly secrets: readonly Row<'clientSecret'>[] }

type OrNull<Shape extends z.ZodRawShape> = { [Member in keyof Shape]: z.ZodNullable<Shape[Member]> }

function orNull<Shape extends z.ZodRawShape>(shape: Shape): OrNull<Shape> {
  const entries = Object.entries(shape).map(([name, member]) => [name, z.nullable(member)])
  return Object.fromEntries(entries) as OrNull<Shape>
}
