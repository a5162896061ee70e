import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialParameters,
  VerifiedRegistrationResponse,
} from '@simplewebauthn/server'
import type { Config } from '../../config/index.ts'
import type { Origin, Row, UnitsOfWork, WriteCtx } from '../../db/index.ts'
import { base64url, type Clock } from '../../kernel/index.ts'
import { isVouchedFor, parseAttestation, withoutStatement } from './attestation.ts'
import { CHALLENGE_SECONDS, consumeChallenge, createChallenge, isFromFrame } from './challenge.ts'
import { verifier } from './library.ts'
import { descriptor, listCredentials, requireRoom } from './store.ts'

/** EdDSA, ES256, RS256: what authenticators have, the best first. RFC 9053 §2, RFC 8812 §2 */
const ALGORITHMS = [-8, -7, -257]

export interface WebauthnDeps extends UnitsOfWork {
  readonly config: Config
  readonly clock: Clock
}

/** `PublicKeyCredential.toJSON()` after `create()`, as far as it is looked at. Web Authentication Level 3 §5.1. */
export interface RegistrationResponse {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly attestationObject: string
    readonly transports?: readonly string[] | undefined
  }
  readonly clientExtensionResults?:
    | { readonly credProps?: { readonly rk?: boolean | undefined } | undefined }
    | undefined
}

/** What an authenticator has proved about a credential that is new to us. */
export interface VerifiedRegistration {
  readonly credentialId: string
  /** COSE_Key, RFC 9052 §7. */
  readonly publicKey: Uint8Array
  readonly signCount: number
  readonly transports: readonly string[]
  readonly aaguid: string
  /** The model is what its AAGUID says: a configured root vouches for it. */
  readonly isAttested: boolean
  readonly isUserVerified: boolean
  readonly isMultiDevice: boolean
  readonly isBackedUp: boolean
  readonly isDiscoverable: boolean | null
}

export interface RegistrationFailure {
  readonly failure: 'unknown_challenge' | 'invalid'
}

/**
 * What the browser is asked to make. `isAttested`: with a statement of its maker, for organizations that allow certain
 * models only; browsers tell the person, so it is not asked for otherwise. Throws CONFLICT past twenty credentials.
 * Web Authentication Level 3 §5.4.
 */
export async function beginRegistration(
  ctx: WriteCtx,
  { user, isAttested }: { readonly user: Row<'user'>; readonly isAttested: boolean },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const own = await listCredentials(ctx, user.id)
  requireRoom(own.length)
  const { rpId, rpName } = ctx.config.webauthn
  const challenge = await createChallenge(ctx, { purpose: 'registration', boundTo: user.id })
  return {
    rp: { id: rpId, name: rpName },
    user: { id: userHandle(user.id), name: user.email, displayName: user.fullName ?? '' },
    challenge,
    pubKeyCredParams: ALGORITHMS.map((alg): PublicKeyCredentialParameters => ({ type: 'public-key', alg })),
    timeout: CHALLENGE_SECONDS * 1000,
    excludeCredentials: own.map(descriptor),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    attestation: isAttested ? 'direct' : 'none',
    extensions: { credProps: true },
  }
}

/**
 * Verifies what the browser has made, and stores nothing: the caller decides, in one unit of work, whether the model is
 * allowed and what else follows. The challenge is spent whatever comes of it. Level 3 §7.1. `isAttested`: as at the
 * beginning; a statement that nobody has asked for is not looked at, so nothing in it keeps anybody from enrolling.
 */
export async function verifyRegistration(
  deps: WebauthnDeps,
  origin: Origin,
  input: { readonly userId: string; readonly isAttested: boolean; readonly response: RegistrationResponse },
): Promise<VerifiedRegistration | RegistrationFailure> {
  const { userId, isAttested, response } = input
  const { clientDataJSON, transports = [] } = response.response
  const use = { purpose: 'registration', boundTo: userId, clientDataJSON } as const
  const challenge = await deps.write(origin, (ctx) => consumeChallenge(ctx, use))
  if (challenge === undefined) return { failure: 'unknown_challenge' }
  if (isFromFrame(clientDataJSON)) return { failure: 'invalid' }
  const statement = isAttested ? await parseAttestation(response.response.attestationObject) : undefined
  const info = await registrationInfo(deps.config, { response, challenge, isStatementSeen: !!statement })
  if (!info) return { failure: 'invalid' }
  const { credential } = info
  return {
    credentialId: credential.id,
    publicKey: credential.publicKey,
    signCount: credential.counter,
    transports,
    aaguid: info.aaguid,
    isAttested:
      statement !== undefined &&
      isVouchedFor(statement, deps.config.webauthn.attestationRoots, deps.clock.now()),
    isUserVerified: info.userVerified,
    isMultiDevice: info.credentialDeviceType === 'multiDevice',
    isBackedUp: info.credentialBackedUp,
    isDiscoverable: response.clientExtensionResults?.credProps?.rk ?? null,
  }
}

async function registrationInfo(
  { webauthn }: Config,
  input: {
    readonly response: RegistrationResponse
    readonly challenge: string
    readonly isStatementSeen: boolean
  },
): Promise<VerifiedRegistrationResponse['registrationInfo'] | undefined> {
  const { response, challenge, isStatementSeen } = input
  const { id, rawId, type } = response
  const { clientDataJSON, attestationObject: given } = response.response
  const attestationObject = isStatementSeen ? given : await withoutStatement(given)
  if (attestationObject === undefined) return undefined
  const library = await verifier()
  try {
    const { registrationInfo } = await library.verifyRegistration({
      response: {
        id,
        rawId,
        type,
        response: { clientDataJSON, attestationObject },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: [...webauthn.origins],
      expectedRPID: webauthn.rpId,
      requireUserVerification: false,
      supportedAlgorithmIDs: ALGORITHMS,
    })
    return registrationInfo
  } catch {
    return undefined // the library throws for everything that a stranger can get wrong
  }
}

/** What an authenticator knows a user by: the 16 bytes of the id, which say nothing of the person. §5.4.3 */
export const userHandle = (userId: string): string =>
  base64url(Buffer.from(userId.replaceAll('-', ''), 'hex'))
