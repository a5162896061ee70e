import { z } from 'zod'
import { EmailAddress, Id, Instant } from '../http/index.ts'
import { InviteSummary, OrganizationMembership } from '../organizations/index.ts'
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

export const NewPassword = z
  .object({ token: Token, password: Password, password_confirm: Password.optional() })
  .refine(confirmed, MISMATCH)
  .meta({ examples: [{ token: 'a2p_from-the-mail', password: EXAMPLE_PASSWORD }] })

export const MailedToken = z.object({ token: Token }).meta({ examples: [{ token: 'a2v_from-the-mail' }] })

/** How far a user satisfies what their organizations ask of second factors. */
export const MfaCompliance = z
  .object({
    status: z.enum(['not_applicable', 'pending', 'in_grace', 'compliant', 'past_due', 'suspended']),
    organizations: z.array(
      z.object({
        organization_id: Id,
        status: z.string(),
        deadline_at: Instant.nullable(),
        missing_methods: z.array(z.string()),
      }),
    ),
  })
  .meta({
    id: 'MfaCompliance',
    description: 'The worst status over the organizations that ask for something',
  })
export type MfaCompliance = z.infer<typeof MfaCompliance>

export const SignedIn = z.object({
  user: User,
  token: z.string().describe('The session token, for `Authorization: Bearer`. Shown once'),
  expires_at: Instant,
  mfa_compliance: MfaCompliance,
})
export type SignedIn = z.infer<typeof SignedIn>

export const NewlyRegistered = SignedIn.omit({ mfa_compliance: true }).extend({
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
