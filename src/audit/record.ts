import { insertRow, type WriteCtx } from '../db/index.ts'
import type { Actor } from '../kernel/index.ts'
import type { AuditAction } from './actions.ts'

export interface NewAuditEvent {
  readonly action: AuditAction
  readonly outcome?: 'success' | 'failure'
  /** Why it failed, in a word: `wrong_password`. The caller of the API is told less. */
  readonly reason?: string
  readonly target?: { readonly type: string; readonly id: string }
  readonly organizationId?: string
  /** Never a secret, and no more of a person than the target's id says. */
  readonly details?: Readonly<Record<string, unknown>>
  /** Who did it, where that is not `ctx.actor`: a person who signs in is anonymous until they have. */
  readonly actor?: Actor
}

/** Writes an event in the transaction of the change that it records: neither is there without the other. */
export async function record(ctx: WriteCtx, event: NewAuditEvent): Promise<void> {
  const actor = event.actor ?? ctx.actor
  await insertRow(ctx.tx, ctx.tx.t.auditEvent, {
    id: ctx.newId(),
    at: ctx.now,
    action: event.action,
    outcome: event.outcome ?? 'success',
    reason: event.reason ?? null,
    actorKind: actor.kind,
    actorId: actorId(actor),
    credentialId: credentialId(actor),
    targetType: event.target?.type ?? null,
    targetId: event.target?.id ?? null,
    organizationId: event.organizationId ?? null,
    address: ctx.request?.address ?? null,
    userAgent: ctx.request?.userAgent?.slice(0, 512) ?? null,
    requestId: ctx.request?.id ?? null,
    details: event.details ?? {},
  })
}

function actorId(actor: Actor): string | null {
  if ('userId' in actor) return actor.userId
  return actor.kind === 'client' ? actor.clientId : null
}

function credentialId(actor: Actor): string | null {
  if (actor.kind === 'user') return actor.sessionId ?? null
  if (actor.kind === 'client') return 'userId' in actor ? actor.clientId : null
  return actor.kind === 'api_key' ? actor.apiKeyId : null
}
