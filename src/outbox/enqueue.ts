import type { WriteCtx } from '../db/index.ts'
import type { Mail } from './mail/mail.ts'
import { sealPayload } from './message.ts'
import { outboxSignal } from './signal.ts'

/** Has `payload` (JSON) delivered once this transaction commits, and never when it does not. */
export async function enqueue(
  ctx: WriteCtx,
  { kind, payload }: { kind: `${string}.${string}`; payload: unknown },
): Promise<void> {
  const id = ctx.newId()
  await ctx.tx.insert(ctx.tx.t.outboxMessage).values({
    id,
    kind,
    payload: sealPayload(ctx.keyring, id, payload),
    status: 'pending',
    attempts: 0,
    nextAttemptAt: ctx.now,
    leaseId: null,
    lastError: null,
    createdAt: ctx.now,
  })
  ctx.afterCommit(outboxSignal.notify)
}

/** Sends a mail once this transaction commits, and never when it does not. */
export const enqueueMail = (ctx: WriteCtx, mail: Mail): Promise<void> =>
  enqueue(ctx, { kind: `mail.${mail.kind}`, payload: mail })
