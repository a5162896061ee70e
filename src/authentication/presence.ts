import { secondFactorMethods, secondFactorsOf } from '../credentials/index.ts'
import { type Caller, type HttpDeps, type RequestOrigin, requireStepUp } from '../http/index.ts'

/**
 * Before a second factor is added: a stolen session must not put one beside the owner's. The first one needs no more
 * than a session. Throws STEP_UP_REQUIRED.
 */
export async function requirePresence(deps: HttpDeps, origin: RequestOrigin, caller: Caller): Promise<void> {
  const factors = await deps.read(origin, (ctx) => secondFactorsOf(ctx, caller.user.id))
  if (secondFactorMethods(factors).length > 0) await requireStepUp(deps, caller)
}
