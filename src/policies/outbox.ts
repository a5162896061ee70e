import { z } from 'zod'
import { SYSTEM } from '../kernel/index.ts'
import { type OutboxHandler, PermanentFailure } from '../outbox/index.ts'
import { type EvaluationDeps, evaluateOrganization } from './batches.ts'
import { evaluateMember } from './evaluate.ts'

/** A row of the outbox may have been written by another version. */
const Evaluation = z.object({ organizationId: z.string(), userId: z.string().optional() })

/** Delivers `policies.evaluate`: judges one member, or all of an organization whose policy was changed. */
export const policiesHandler =
  (deps: EvaluationDeps): OutboxHandler =>
  async ({ payload, signal }) => {
    const parsed = Evaluation.safeParse(payload)
    if (!parsed.success) throw new PermanentFailure('The payload does not say whom to judge.')
    const { organizationId, userId } = parsed.data
    if (userId === undefined) {
      await evaluateOrganization(deps, organizationId, { signal })
      return
    }
    const origin = { actor: SYSTEM, log: deps.log }
    await deps.write(origin, (ctx) => evaluateMember(ctx, { organizationId, userId }))
  }
