import { z } from 'zod'
import { EmailAddress, Instant } from '../http/index.ts'
import { OneTimeCode } from './totp-schema.ts'
import { SignedCredential } from './webauthn-schema.ts'

const MfaToken = z.string().min(1).max(256).describe('From the answer to the first factor')
const RememberMe = z.boolean().optional().meta({ default: false })
const Code = OneTimeCode.describe('Of the authenticator app, or a backup code')

const EXAMPLE_CREDENTIAL = {
  id: 'AQIDBAUGBwgJCgsMDQ4PEA',
  rawId: 'AQIDBAUGBwgJCgsMDQ4PEA',
  type: 'public-key' as const,
  response: { clientDataJSON: 'eyJ0eXBlIjoi', authenticatorData: 'SZYN5YgOjGh0', signature: 'MEUCIQDx' },
}

export const CodeAnswer = z
  .object({ mfa_token: MfaToken, code: Code })
  .meta({ examples: [{ mfa_token: 'a2m_from-the-sign-in', code: '287082' }] })

export const WebauthnQuestion = z
  .object({
    mfa_token: MfaToken.optional().describe('As a second factor; left out, as a passkey'),
    email: EmailAddress.optional().describe('For a passkey whose owner has typed an address'),
  })
  .refine(({ mfa_token, email }) => mfa_token === undefined || email === undefined, {
    path: ['email'],
    message: 'must be left out beside mfa_token',
  })
  .meta({ examples: [{}] })

export const WebauthnAnswer = z
  .object({
    mfa_token: MfaToken.optional(),
    credential: SignedCredential.describe('What `toJSON()` of the credential gives'),
    remember_me: RememberMe.describe('For a passkey; as a second factor, the first one has said it'),
  })
  .meta({ examples: [{ credential: EXAMPLE_CREDENTIAL, remember_me: true }] })

export const PresenceAnswer = z
  .discriminatedUnion('method', [
    z.object({ method: z.enum(['totp', 'backup_code']), code: OneTimeCode }),
    z.object({ method: z.literal('webauthn'), credential: SignedCredential }),
    z.object({ method: z.literal('password'), password: z.string().min(1).max(1024) }),
  ])
  .meta({ examples: [{ method: 'password', password: 'UserPass123!' }] })
export type PresenceAnswer = z.infer<typeof PresenceAnswer>

export const SteppedUp = z.object({
  expires_at: Instant.describe('Until when it counts for what asks for ten minutes'),
  token: z.string().describe('The session goes on with this token; the one before is refused'),
})
