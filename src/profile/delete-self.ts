import { deleteUserEntirely } from '../access/index.ts'
import { type Caller, type RequestOrigin, requireStepUp } from '../http/index.ts'
import type { ProfileDeps } from './deps.ts'
import { verifyOwnPassword } from './own-password.ts'

/**
 * Deletes the caller for good, after a recent sign-in or with their password: see `deleteUserEntirely`. Throws
 * STEP_UP_REQUIRED, and as `verifyOwnPassword`.
 */
export async function deleteSelf(
  deps: ProfileDeps,
  origin: RequestOrigin,
  { caller, password }: { caller: Caller; password: string | undefined },
): Promise<void> {
  if (password === undefined) await requireStepUp(deps, caller)
  else await verifyOwnPassword(deps, origin, { caller, password, field: 'password', action: 'user.delete' })
  await deps.write(origin, (ctx) => deleteUserEntirely(ctx, caller.user.id), { isSerializable: true })
}
