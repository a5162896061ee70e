import { type AuditAction, type NewAuditEvent, record } from '../audit/index.ts'
import { findAttempt } from '../credentials/index.ts'
import type { UnitsOfWork, WriteCtx } from '../db/index.ts'
import type { MalformedInput, RequestOrigin } from '../http/index.ts'
import { AppError } from '../kernel/index.ts'
import { recordEnded } from './sign-in-steps.ts'

/*
 * Whatever somebody tries on second factors and does not get is in the audit log, once: also where the refusal undoes
 * the unit of work that it is thrown in, and where the input is not even of the form of a proof.
 */

type RefusedEvent = Pick<NewAuditEvent, 'action' | 'target' | 'details'>

/**
 * Does `work`, and records a refusal of it in a unit of work of its own before it is thrown on. Failures of this
 * server are none of the caller's, and not recorded.
 */
export async function recordingRefusal<Done>(
  deps: UnitsOfWork,
  origin: RequestOrigin,
  refused: RefusedEvent & { readonly reasonOf: (error: AppError) => string },
  work: () => Promise<Done>,
): Promise<Done> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError && error.status < 500) {
      const { reasonOf, ...event } = refused
      await deps.write(origin, (ctx) =>
        record(ctx, { ...event, outcome: 'failure', reason: reasonOf(error) }),
      )
    }
    throw error
  }
}

/** Why a factor was not taken away: a policy needs it, or the user has no such factor. */
export const whyKept = ({ details }: AppError): string =>
  'organizations' in details ? 'policy_needs_it' : 'not_found'

/** For a route whose caller proves something: records what its schema refused. No try is counted, nothing is spent. */
export const recordMalformed =
  (deps: UnitsOfWork, event: Omit<RefusedEvent, 'target'>) =>
  ({ origin, caller }: MalformedInput): Promise<void> =>
    deps.write(origin, (ctx) => record(ctx, { ...event, ...malformed(event.action, caller?.user.id) }))

/**
 * The same for a second step of a sign-in: about whoever has begun it. Where its token opens nothing it is recorded as
 * for any other input. Without a token it is a passkey, of nobody knows whom.
 */
export const recordMalformedSignIn =
  (deps: UnitsOfWork, action: AuditAction) =>
  ({ origin, body }: MalformedInput): Promise<void> =>
    deps.write(origin, async (ctx) => {
      const token = tokenOf(body)
      if (token === undefined && action === 'webauthn.verify_failed') {
        return record(ctx, { ...malformed(action), details: { method: 'passkey' } })
      }
      return recordMalformedStep(ctx, action, token ?? '')
    })

async function recordMalformedStep(ctx: WriteCtx, action: AuditAction, token: string): Promise<void> {
  const attempt = await findAttempt(ctx, token)
  if (!attempt) return recordEnded(ctx)
  const { id, userId, method } = attempt
  return record(ctx, { ...malformed(action, userId), details: { method, attempt: id } })
}

const malformed = (action: AuditAction, userId?: string) =>
  ({
    action,
    outcome: 'failure',
    reason: 'malformed',
    ...(userId === undefined ? {} : { target: { type: 'user', id: userId } }),
  }) as const

function tokenOf(body: unknown): string | undefined {
  const token = (body as { mfa_token?: unknown } | null | undefined)?.mfa_token
  if (token === undefined) return undefined
  return typeof token === 'string' ? token : ''
}
