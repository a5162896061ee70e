import type {
  PublicKeyCredentialRequestOptionsJSON,
  VerifiedAuthenticationResponse,
} from '@simplewebauthn/server'
import { and, eq, lt } from 'drizzle-orm'
import type { Config } from '../../config/index.ts'
import type { Origin, ReadCtx, Row, WriteCtx } from '../../db/index.ts'
import { findUserByEmail, type NormalizedEmail } from '../../users/index.ts'
import {
  CHALLENGE_SECONDS,
  type ChallengeUse,
  consumeChallenge,
  createChallenge,
  isFromFrame,
} from './challenge.ts'
import { decoyCredential } from './decoy.ts'
import { verifier } from './library.ts'
import { userHandle, type WebauthnDeps } from './registration.ts'
import { descriptor, listCredentials } from './store.ts'

export interface AssertionUse extends ChallengeUse {
  readonly purpose: 'second_factor' | 'passkey' | 'step_up'
}

/** `PublicKeyCredential.toJSON()` after `get()`, as far as it is looked at. Web Authentication Level 3 §5.1. */
export interface AssertionResponse {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string | null | undefined
  }
}

/** A credential that has just signed. It counts once `acceptAssertion` has said so. */
export interface VerifiedAssertion {
  readonly credential: Row<'webauthnCredential'>
  readonly isUserVerified: boolean
  readonly newSignCount: number
  readonly isBackedUp: boolean
}

/** For the audit log; whoever signs in is told that it did not work. `userId`: whose the credential is, if anybody's. */
export interface AssertionFailure {
  readonly failure: 'unknown_challenge' | 'unknown_credential' | 'wrong_user' | 'invalid' | 'not_verified'
  readonly userId?: string
}

/**
 * What the browser is asked to sign. With a `userId`: by one of that user's credentials. With an `email`: by one of
 * those of whoever has the address, or by one that nobody has; the answer does not tell which. With neither the person
 * chooses among the passkeys that they have for this site. Web Authentication Level 3 §5.5.
 */
export async function beginAssertion(
  ctx: WriteCtx,
  input: AssertionUse & {
    readonly userId?: string | undefined
    readonly email?: NormalizedEmail | undefined
  },
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const allowed = await allowedCredentials(ctx, input)
  return {
    rpId: ctx.config.webauthn.rpId,
    challenge: await createChallenge(ctx, input),
    timeout: CHALLENGE_SECONDS * 1000,
    userVerification: needsVerifiedUser(input) ? 'required' : 'preferred',
    ...(allowed ? { allowCredentials: allowed.map(descriptor) } : {}),
  }
}

/** A passkey stands alone, so it must be two factors by itself; otherwise a password was given before. */
const needsVerifiedUser = ({ purpose }: AssertionUse): boolean => purpose === 'passkey'

async function allowedCredentials(
  ctx: ReadCtx,
  { userId, email }: { readonly userId?: string | undefined; readonly email?: NormalizedEmail | undefined },
) {
  if (userId !== undefined) return listCredentials(ctx, userId)
  if (email === undefined) return undefined
  const user = await findUserByEmail(ctx, email)
  const own = await listCredentials(ctx, user?.id ?? '')
  return own.length > 0 ? own : [decoyCredential(ctx, email)]
}

/**
 * Verifies what the browser has signed, by a challenge of the same use and, where `userId` is given, by a credential of
 * that user. The challenge is spent whatever comes of it. Level 3 §7.2; the signature counter is `acceptAssertion`'s.
 */
export async function verifyAssertion(
  deps: WebauthnDeps,
  origin: Origin,
  input: AssertionUse & { readonly userId?: string | undefined; readonly response: AssertionResponse },
): Promise<VerifiedAssertion | AssertionFailure> {
  const { purpose, boundTo, response } = input
  const { clientDataJSON } = response.response
  const challenge = await deps.write(origin, (ctx) =>
    consumeChallenge(ctx, { purpose, boundTo, clientDataJSON }),
  )
  if (challenge === undefined) return { failure: 'unknown_challenge' }
  const credential = await deps.read(origin, (ctx) => findCredential(ctx, response.id))
  if (!credential) return { failure: 'unknown_credential' }
  const { userId } = credential
  if (!isOwner(userId, input)) return { failure: 'wrong_user', userId }
  const info = await authenticationInfo(deps.config, { response, challenge, credential })
  if (!info) return { failure: 'invalid', userId }
  if (needsVerifiedUser(input) && !info.userVerified) return { failure: 'not_verified', userId }
  return {
    credential,
    isUserVerified: info.userVerified,
    newSignCount: info.newCounter,
    isBackedUp: info.credentialBackedUp,
  }
}

async function findCredential(
  ctx: ReadCtx,
  credentialId: string,
): Promise<Row<'webauthnCredential'> | undefined> {
  const { webauthnCredential: c } = ctx.reader.t
  const [found] = await ctx.reader.select().from(c).where(eq(c.credentialId, credentialId))
  return found
}

/** The user handle is what the authenticator says; it must not name anybody else. Level 3 §7.2, step 6. */
function isOwner(
  ownerId: string,
  { userId, response }: { readonly userId?: string | undefined; readonly response: AssertionResponse },
): boolean {
  const handle = response.response.userHandle
  return (userId === undefined || userId === ownerId) && (!handle || handle === userHandle(ownerId))
}

async function authenticationInfo(
  { webauthn }: Config,
  {
    response,
    challenge,
    credential,
  }: {
    readonly response: AssertionResponse
    readonly challenge: string
    readonly credential: Row<'webauthnCredential'>
  },
): Promise<VerifiedAuthenticationResponse['authenticationInfo'] | undefined> {
  const { clientDataJSON, authenticatorData, signature } = response.response
  if (isFromFrame(clientDataJSON)) return undefined
  const library = await verifier()
  try {
    const { verified, authenticationInfo } = await library.verifyAuthentication({
      response: {
        id: response.id,
        rawId: response.rawId,
        type: response.type,
        response: { clientDataJSON, authenticatorData, signature },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: [...webauthn.origins],
      expectedRPID: webauthn.rpId,
      requireUserVerification: false, // told apart above
      credential: {
        id: credential.credentialId,
        publicKey: new Uint8Array(credential.publicKey),
        counter: 0, // compared where it is stored, in the same statement
      },
    })
    // A credential stays what it was made as: synced or not. Level 3 §7.2, step 18.
    const isMultiDevice = authenticationInfo.credentialDeviceType === 'multiDevice'
    return verified && isMultiDevice === credential.isMultiDevice ? authenticationInfo : undefined
  } catch {
    return undefined // the library throws for everything that a stranger can get wrong
  }
}

/**
 * Notes the use of a credential, in the unit of work of what it was used for. False where its counter has not gone up
 * since the last time, as when somebody has a copy of it: then nothing follows, and the caller records
 * `webauthn.sign_count_regression`. Also false for a credential that was removed meanwhile. Level 3 §6.1.1, §7.2.
 */
export async function acceptAssertion(ctx: WriteCtx, verified: VerifiedAssertion): Promise<boolean> {
  const { webauthnCredential: c } = ctx.tx.t
  const { credential, newSignCount, isBackedUp } = verified
  const accepted = await ctx.tx
    .update(c)
    .set({ signCount: newSignCount, isBackedUp, lastUsedAt: ctx.now })
    .where(
      and(
        eq(c.id, credential.id),
        newSignCount === 0 ? eq(c.signCount, 0) : lt(c.signCount, newSignCount), // 0 and 0: it does not count
      ),
    )
    .returning({ id: c.id })
  return accepted.length === 1
}
