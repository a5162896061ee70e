import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import { record } from '../audit/index.ts'
import {
  type AssertionResponse,
  beginAssertion,
  confirmPassword,
  findPasswordHash,
  secondFactorMethods,
  secondFactorsOf,
  verifyAssertion,
} from '../credentials/index.ts'
import type { Row, WriteCtx } from '../db/index.ts'
import type { Caller, RequestOrigin } from '../http/index.ts'
import { badRequest, forbidden, unauthenticated, validationError } from '../kernel/index.ts'
import { isKnownDevice, rotateSession } from '../sessions/index.ts'
import { NOT_ACCEPTED } from './arrival.ts'
import { BY_CODE, BY_PASSWORD, together } from './assurance.ts'
import type { AuthenticationDeps } from './deps.ts'
import { type CodeMethod, proveCode } from './prove-code.ts'
import { acceptWebauthn } from './prove-webauthn.ts'
import { codeGuessKey } from './second-factor-code.ts'
import type { FailedProof, Proved } from './sign-in-steps.ts'

/** How somebody who is signed in proves that it is still them. */
export type PresenceProof =
  | { readonly method: CodeMethod; readonly code: string }
  | { readonly method: 'webauthn'; readonly response: AssertionResponse }
  | { readonly method: 'password'; readonly password: string }

interface Presence {
  readonly caller: Caller
  readonly deviceToken: string | undefined
}

/** What the browser is asked to sign. Throws BAD_REQUEST for somebody without a passkey or security key. */
export async function beginStepUp(
  ctx: WriteCtx,
  { user }: Caller,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { hasWebauthn } = await secondFactorsOf(ctx, user.id)
  if (!hasWebauthn) throw badRequest('You have no passkey or security key.')
  return beginAssertion(ctx, { purpose: 'step_up', boundTo: user.id, userId: user.id })
}

/**
 * Renews the presence of somebody who is signed in: the session gets another token, and what the proof is worth.
 * Throws AUTHENTICATION_ERROR for a wrong proof, AUTHORIZATION_ERROR for a password of somebody who has a second
 * factor, RATE_LIMIT_EXCEEDED for guessing.
 */
export async function stepUp(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  { proof, ...presence }: Presence & { readonly proof: PresenceProof },
): Promise<{ readonly session: Row<'session'>; readonly token: string }> {
  const { user, credential } = presence.caller
  if (credential.kind !== 'session') throw unauthenticated()
  const { session } = credential
  const prove = await prepare(deps, origin, presence, proof)
  const rotated = await deps.write(origin, async (ctx) => {
    const proved = await prove(ctx)
    const target = { type: 'user', id: user.id }
    const details = { method: proof.method }
    if ('failure' in proved) {
      await record(ctx, {
        action: 'mfa.step_up_failed',
        ...proved.failure,
        outcome: 'failure',
        target,
        details,
      })
      return undefined
    }
    const gain = { ...together(session, proved.assurance), steppedUpAt: ctx.now }
    const owner = { userId: user.id, id: session.id }
    const stepped = await rotateSession(ctx, owner, gain)
    if (!stepped) throw unauthenticated() // ended meanwhile; nothing is spent then
    await record(ctx, { action: 'mfa.step_up', target, details })
    return stepped
  })
  if (!rotated) throw unauthenticated(NOT_ACCEPTED)
  return rotated
}

/** What is left to do in the unit of work, once slow work and limits are over. */
type Prove = (ctx: WriteCtx) => Promise<Pick<Proved, 'assurance'> | FailedProof>

async function prepare(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  { caller: { user }, deviceToken }: Presence,
  proof: PresenceProof,
): Promise<Prove> {
  if (proof.method === 'password') return preparePassword(deps, origin, user, proof.password)
  if (proof.method === 'webauthn') {
    const use = { purpose: 'step_up', boundTo: user.id, userId: user.id } as const
    const checked = await verifyAssertion(deps, origin, { ...use, response: proof.response })
    return (ctx) => acceptWebauthn(ctx, checked)
  }
  const { method, code } = proof
  const device = { userId: user.id, token: deviceToken }
  const isKnown = await deps.read(origin, (ctx) => isKnownDevice(ctx, device))
  await deps.rateLimits.spend('totpVerify', codeGuessKey({ userId: user.id, isKnown }))
  return async (ctx) => {
    const isRight = await proveCode(ctx, { user, isKnownDevice: isKnown, method, code })
    return isRight ? { assurance: BY_CODE } : { failure: { reason: `wrong_${method}` } }
  }
}

/** For those who have nothing better: else a password that was stolen with the session would be enough. */
async function preparePassword(
  deps: AuthenticationDeps,
  origin: RequestOrigin,
  user: Row<'user'>,
  password: string,
): Promise<Prove> {
  await deps.rateLimits.spend('login', `own_password:${user.id}`)
  const known = await deps.read(origin, async (ctx) => ({
    methods: secondFactorMethods(await secondFactorsOf(ctx, user.id)),
    hash: await findPasswordHash(ctx, user.id),
  }))
  const { methods, hash } = known
  if (methods.length > 0) throw forbidden('Prove a second factor: you have one.', { methods })
  if (hash === undefined)
    throw validationError({ password: ['You have no password. Sign in again instead.'] })
  const { valid } = await deps.hasher.verify(password, hash)
  return async (ctx) => {
    const isStill = valid && (await confirmPassword(ctx, { userId: user.id, verified: hash }))
    return isStill ? { assurance: BY_PASSWORD } : { failure: { reason: 'wrong_password' } }
  }
}
