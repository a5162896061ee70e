import { z } from 'zod'
import { SECOND_FACTOR_METHODS } from '../credentials/index.ts'
import { EmailAddress, Instant } from '../http/index.ts'
import { InviteSummary, OrganizationMembership } from '../organizations/index.ts'
import { MfaCompliance } from '../policies/index.ts'
import { Session } from '../sessions/index.ts'
import { FullName, User } from '../users/index.ts'

/** Bounded before anything looks at it; what makes one good is decided by the rules for passwords. */
const Password = z.string().min(1).max(1024)
/** Every token is far shorter. */
const Token = z.string().min(1).max(256)
const EXAMPLE_PASSWORD = 'correct horse 7 battery'

const confirmed = <Input extends { password: string; password_confirm?: string | undefined }>(
  input: Input,
): boolean => input.password_confirm === undefined || input.password_confirm === input.password
const MISMATCH = { path: ['password_confirm'], message: 'must be the same as password' }

export const NewRegistration = z
  .object({
    email: EmailAddress,
    password: Password,
    password_confirm: Password.optional(),
    full_name: FullName.optional(),
    invite_token: Token.optional(),
  })
  .refine(confirmed, MISMATCH)
  .meta({
    examples: [{ email: 'alice@example.com', password: EXAMPLE_PASSWORD, full_name: 'Alice Liddell' }],
  })

export const Credentials = z
  .object({
    email: EmailAddress,
    password: Password,
    remember_me: z
      .boolean()
      .optional()
      .meta({ default: false })
      .describe('Stay signed in for longer, also after the browser closes'),
  })
  .meta({ examples: [{ email: 'bob@acme-corp.com', password: 'UserPass123!' }] })

export const ForgottenPassword = z
  .object({ email: EmailAddress })
  .meta({ examples: [{ email: 'bob@acme-corp.com' }] })

const ChosenPassword = z
  .object({ token: Token, password: Password, password_confirm: Password.optional() })
  .refine(confirmed, MISMATCH)

export const NewPassword = ChosenPassword.meta({
  examples: [{ token: 'a2p_from-the-mail', password: EXAMPLE_PASSWORD }],
})

export const RecoveredPassword = ChosenPassword.meta({
  examples: [{ token: 'a2o_from-the-administrator', password: EXAMPLE_PASSWORD }],
})

export const MailedToken = z.object({ token: Token }).meta({ examples: [{ token: 'a2v_from-the-mail' }] })

export const SignedIn = z.object({
  mfa_required: z.literal(false),
  user: User,
  token: z.string().describe('The session token, for `Authorization: Bearer`. Shown once'),
  expires_at: Instant,
  requires_mfa_enrollment: z
    .boolean()
    .describe('Nothing but enrolling a second factor answers to this session until that is done'),
  mfa_compliance: MfaCompliance,
})
export type SignedIn = z.infer<typeof SignedIn>

export const SecondFactorRequired = z.object({
  mfa_required: z.literal(true),
  mfa_token: z
    .string()
    .describe('Goes on with this sign-in, for five minutes and five wrong answers. Shown once'),
  methods: z.array(z.enum(SECOND_FACTOR_METHODS)).describe('Those that this user has, the best first'),
  requires_totp: z.boolean().describe('Whether an authenticator app will do'),
  requires_webauthn: z.boolean().describe('Whether a passkey or security key will do'),
})
export type SecondFactorRequired = z.infer<typeof SecondFactorRequired>

/** What a first factor leads to. */
export const SignInAnswer = z.discriminatedUnion('mfa_required', [SignedIn, SecondFactorRequired])

export const NewlyRegistered = SignedIn.omit({ mfa_required: true, mfa_compliance: true }).extend({
  is_first_user: z.boolean().describe('The first user of an instance is its administrator'),
  pending_invites: z.array(InviteSummary).describe('Empty until the e-mail address is verified'),
})
export type NewlyRegistered = z.infer<typeof NewlyRegistered>

export const Me = z.object({
  user: User,
  session: Session.nullable().describe('Null for an API key'),
  organizations: z.array(OrganizationMembership),
  mfa_compliance: MfaCompliance,
})
export type Me = z.infer<typeof Me>
