import { z } from 'zod'
import { displayText, Id, Instant } from '../http/index.ts'

const base64url = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url')

/** Up to 1023 bytes. Web Authentication Level 3 §4, credential ID. */
const CredentialId = base64url(1364)
/** Of the authenticators that are known the largest statement, with three certificates, has a tenth of it. */
const AttestationObject = base64url(65_536)
const ClientData = base64url(8192)
const Transport = z.string().regex(/^[a-z-]{1,32}$/, 'must be a transport')

const Descriptor = z.object({
  type: z.string(),
  id: z.string(),
  transports: z.array(z.string()).optional(),
})
const UserVerification = z.enum(['required', 'preferred', 'discouraged'])

/** What `PublicKeyCredential.parseCreationOptionsFromJSON()` takes. Level 3 §5.4 */
export const CreationOptions = z
  .object({
    rp: z.object({ id: z.string().optional(), name: z.string() }),
    user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
    challenge: z.string(),
    pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.int() })),
    timeout: z.int().optional(),
    excludeCredentials: z.array(Descriptor).optional(),
    authenticatorSelection: z
      .object({
        residentKey: z.enum(['discouraged', 'preferred', 'required']).optional(),
        requireResidentKey: z.boolean().optional(),
        userVerification: UserVerification.optional(),
      })
      .optional(),
    attestation: z.enum(['none', 'indirect', 'direct', 'enterprise']).optional(),
    extensions: z.object({ credProps: z.boolean().optional() }).optional(),
  })
  .meta({ id: 'PublicKeyCredentialCreationOptions', description: 'Web Authentication Level 3 §5.4' })

/** What `PublicKeyCredential.parseRequestOptionsFromJSON()` takes. Level 3 §5.5 */
export const RequestOptions = z
  .object({
    challenge: z.string(),
    timeout: z.int().optional(),
    rpId: z.string().optional(),
    allowCredentials: z.array(Descriptor).optional(),
    userVerification: UserVerification.optional(),
  })
  .meta({ id: 'PublicKeyCredentialRequestOptions', description: 'Web Authentication Level 3 §5.5' })

const responseOf = <Response extends z.ZodType>(response: Response) => ({
  id: CredentialId,
  rawId: CredentialId,
  type: z.literal('public-key'),
  response,
})

/** What `toJSON()` of the credential that `create()` made gives; what else it gives is not looked at. Level 3 §5.1 */
export const CreatedCredential = z.object({
  ...responseOf(
    z.object({
      clientDataJSON: ClientData,
      attestationObject: AttestationObject,
      transports: z.array(Transport).max(16).optional(),
    }),
  ),
  clientExtensionResults: z
    .object({ credProps: z.object({ rk: z.boolean().optional() }).optional() })
    .optional(),
})

/** The same for `get()`. */
export const SignedCredential = z.object(
  responseOf(
    z.object({
      clientDataJSON: ClientData,
      authenticatorData: base64url(8192),
      signature: base64url(8192),
      userHandle: z.string().max(128).nullable().optional(),
    }),
  ),
)

const CredentialName = displayText(100)

export const NewCredential = z
  .object({
    name: CredentialName.optional().describe('By default the model, where it is known, or the device'),
    credential: CreatedCredential.describe('What `toJSON()` of the new credential gives'),
  })
  .meta({
    examples: [
      {
        name: 'Phone',
        credential: {
          id: 'AQIDBAUGBwgJCgsMDQ4PEA',
          rawId: 'AQIDBAUGBwgJCgsMDQ4PEA',
          type: 'public-key',
          response: {
            clientDataJSON: 'eyJ0eXBlIjoi',
            attestationObject: 'o2NmbXRkbm9u',
            transports: ['internal'],
          },
          clientExtensionResults: { credProps: { rk: true } },
        },
      },
    ],
  })

export const CredentialChange = z.object({ name: CredentialName }).meta({ examples: [{ name: 'Blue key' }] })

export const WebauthnCredential = z
  .object({
    id: Id,
    name: z.string(),
    aaguid: z.string().describe('The model, as the authenticator says it. All zeros: it does not say'),
    authenticator: z.string().nullable().describe('What that model is called, where it is known'),
    transports: z.array(z.string()),
    is_attested: z.boolean().describe('The maker vouches for the model'),
    is_multi_device: z
      .boolean()
      .describe('A passkey that may be on several devices, by a provider that syncs it'),
    is_backed_up: z.boolean().describe('It is, as of the last use'),
    is_discoverable: z
      .boolean()
      .nullable()
      .describe('Signs in without an e-mail address. Null: the browser did not say'),
    created_at: Instant,
    last_used_at: Instant.nullable(),
  })
  .meta({ id: 'WebauthnCredential' })
export type WebauthnCredential = z.infer<typeof WebauthnCredential>

export const Registered = z.object({
  credential: WebauthnCredential,
  backup_codes: z
    .array(z.string())
    .optional()
    .describe('With the first second factor. Each counts once. Shown here and never again'),
  token: z.string().describe('The session goes on with this token; the one before is refused'),
  expires_at: Instant,
})

export const WebauthnStatus = z.object({
  enabled: z.boolean(),
  credentials: z.int().describe('How many there are'),
  max_credentials: z.int(),
  backup_codes_left: z.int(),
})
export type WebauthnStatus = z.infer<typeof WebauthnStatus>

/** Level 3 §5.11 */
export const RelatedOrigins = z.object({ origins: z.array(z.string()) })
