import { record } from '../audit/index.ts'
import { type AssertionFailure, acceptAssertion, type VerifiedAssertion } from '../credentials/index.ts'
import type { WriteCtx } from '../db/index.ts'
import { byAuthenticator } from './assurance.ts'
import type { SecondProof } from './sign-in-steps.ts'

/**
 * Accepts what an authenticator has signed, in the unit of work of what it is good for. One whose counter did not go
 * up proves nothing: somebody may have a copy of it.
 */
export async function acceptWebauthn(
  ctx: WriteCtx,
  checked: VerifiedAssertion | AssertionFailure,
): Promise<SecondProof> {
  if ('failure' in checked) return { failure: { reason: checked.failure } }
  const { credential } = checked
  if (!(await acceptAssertion(ctx, checked))) {
    return { failure: { action: 'webauthn.sign_count_regression', reason: 'cloned_or_removed' } }
  }
  await record(ctx, {
    action: 'webauthn.verify',
    actor: ctx.actor.kind === 'anonymous' ? { kind: 'user', userId: credential.userId } : ctx.actor,
    target: { type: 'webauthn_credential', id: credential.id },
  })
  return { method: 'webauthn', assurance: byAuthenticator(credential) }
}
