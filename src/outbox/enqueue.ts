import type { WriteCtx } from '../db/index.ts'
import { utf8 } from '../kernel/index.ts'
import type { Mail } from './mail.ts'

/** Where a message's payload belongs: sealed with it, so that it does not open in another row. */
export const payloadPlace = (id: string): string => `outbox_messages.payload:${id}`

/** Sends a mail once this transaction commits, and never when it does not. */
export async function enqueueMail(ctx: WriteCtx, mail: Mail): Promise<void> {
  const id = ctx.newId()
  await ctx.tx.insert(ctx.tx.t.outboxMessage).values({
    id,
    kind: `mail.${mail.kind}`,
    payload: ctx.keyring.seal(utf8(JSON.stringify(mail)), payloadPlace(id)),
    status: 'pending',
    attempts: 0,
    nextAttemptAt: ctx.now,
    leaseId: null,
    lastError: null,
    createdAt: ctx.now,
  })
}
