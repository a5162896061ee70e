import { eq } from 'drizzle-orm'
import type { WriteCtx } from '../db/index.ts'
import type { Mail } from './mail/mail.ts'
import { sealPayload } from './message.ts'
import { outboxSignal } from './signal.ts'

/** Has `payload` (JSON) delivered once this transaction commits, and never when it does not. */
export async function enqueue(ctx: WriteCtx, message: NewMessage): Promise<void> {
  await insertMessage(ctx, message)
}

/** Sends a mail once this transaction commits, and never when it does not. */
export const enqueueMail = (ctx: WriteCtx, mail: Mail): Promise<void> => enqueue(ctx, messageOf(mail))

/**
 * Costs what `enqueueMail` and a statement more cost, and sends nothing: for answers whose time must not tell
 * whether a mail was sent.
 */
export async function pretendToEnqueueMail(ctx: WriteCtx, mail: Mail): Promise<void> {
  const id = await insertMessage(ctx, messageOf(mail))
  const { outboxMessage } = ctx.tx.t
  await ctx.tx.delete(outboxMessage).where(eq(outboxMessage.id, id))
}

interface NewMessage {
  readonly kind: `${string}.${string}`
  readonly payload: unknown
}

const messageOf = (mail: Mail): NewMessage => ({ kind: `mail.${mail.kind}`, payload: mail })

async function insertMessage(ctx: WriteCtx, { kind, payload }: NewMessage): Promise<string> {
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
  return id
}
