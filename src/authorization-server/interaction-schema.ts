import { z } from 'zod'
import { Credentials, OneTimeCode, SecondFactorRequired, SignedCredential } from '../authentication/index.ts'
import { GivenId, Instant } from '../http/index.ts'
import { User } from '../users/index.ts'
import type { Agreement } from './agreement.ts'
import { ACR_VALUES } from './requested-acr.ts'

export const InteractionPath = z.object({
  id: z
    .string()
    .max(64)
    .meta({ description: GivenId.description ?? 'UUIDv7' }),
})

export const RequestedScope = z.object({
  name: z.string(),
  description: z.string().nullable().describe('Null for a scope of the application’s own'),
})

/** Whom the tokens are for that an application asks for, beside this server. RFC 8707 §2 */
export const RequestedResources = z
  .array(z.string())
  .describe('Addresses of the resources that it asks for access to (RFC 8707); show them as they are')

/** An application as people are shown it. What it says of itself is only what it says. */
export const ShownClient = z.object({
  client_id: z.string(),
  name: z.string(),
  logo_uri: z.string().nullable(),
  client_uri: z.string().nullable(),
  policy_uri: z.string().nullable(),
  tos_uri: z.string().nullable(),
  organization_id: z.string().nullable().describe('Whose application it is; null: nobody vouches for it'),
})
export type ShownClient = z.infer<typeof ShownClient>

export const Interaction = z.object({
  id: z.string(),
  step: z
    .enum(['sign_in', 'select_account', 'not_admitted', 'enrol', 'second_factor', 'consent', 'continue'])
    .describe('What is missing now; with `continue`, nothing'),
  reason: z
    .enum(['nobody_signed_in', 'sign_in_again', 'somebody_else'])
    .nullable()
    .describe('Why to sign in'),
  required_acr: z.enum(ACR_VALUES).nullable().describe('What to prove at least'),
  client: ShownClient,
  redirect_host: z.string().describe('Where the answer goes: a host, or the scheme of an app'),
  scopes: z.array(RequestedScope),
  resources: RequestedResources,
  user: User.nullable().describe('Who is signed in in this browser'),
  session_id: z.string().nullable().describe('Of that sign-in; sent along with what the person agrees to'),
  login_hint: z.string().nullable(),
  ui_locales: z.array(z.string()),
  expires_at: Instant,
})
export type Interaction = z.infer<typeof Interaction>

/** What a step leads to. */
export const InteractionAnswer = z.discriminatedUnion('next', [
  z.object({ next: z.literal('interaction'), interaction: Interaction }),
  z.object({ next: z.literal('second_factor'), second_factor: SecondFactorRequired }),
  z.object({ next: z.literal('redirect'), location: z.string().describe('Send the browser there') }),
  z.object({
    next: z.literal('form_post'),
    action: z.string().describe('Have the browser post a form there'),
    fields: z.record(z.string(), z.string()),
  }),
])
export type InteractionAnswer = z.infer<typeof InteractionAnswer>

const RememberMe = z.boolean().optional().meta({ default: false })

export const FirstFactorAnswer = z
  .union([
    z.object({ ...Credentials.shape }),
    z.object({
      credential: SignedCredential.describe('Of a passkey; begin by /auth/webauthn/login/begin'),
      remember_me: RememberMe,
    }),
  ])
  .meta({ examples: [{ email: 'bob@acme-corp.com', password: 'UserPass123!' }] })
export type FirstFactorAnswer = z.infer<typeof FirstFactorAnswer>

const MfaToken = z
  .string()
  .min(1)
  .max(256)
  .optional()
  .describe('Of the sign-in that waits for it; left out, whoever is signed in proves more')

export const SecondFactorAnswer = z
  .union([
    z.object({ mfa_token: MfaToken, code: OneTimeCode }),
    z.object({ mfa_token: MfaToken, credential: SignedCredential }),
  ])
  .meta({ examples: [{ mfa_token: 'a2m_from-the-sign-in', code: '287082' }] })
export type SecondFactorAnswer = z.infer<typeof SecondFactorAnswer>

export const Consent = z
  .object({
    scopes: z.array(z.string().max(256)).max(100).describe('Exactly those that the person was shown'),
    resources: z
      .array(z.string().max(2_048))
      .max(20)
      .optional()
      .meta({ default: [] })
      .describe('The same, of the resources'),
    session_id: z
      .string()
      .max(64)
      .optional()
      .describe(
        'Of the interaction that was shown: refused as a conflict where somebody else has signed in since',
      ),
  })
  .meta({ examples: [{ scopes: ['openid', 'profile', 'email'] }] })

export const shownOf = ({
  scopes,
  resources = [],
}: Pick<z.infer<typeof Consent>, 'scopes' | 'resources'>): Agreement => ({
  scopes,
  resources,
})
