import { insertRow, type Row, type WriteCtx } from '../db/index.ts'
import { enqueue } from '../outbox/index.ts'

type MemberKey = Pick<Row<'member'>, 'organizationId' | 'userId'>

/** Call it in the transaction that adds a member: their compliance is judged right after it. */
export async function memberJoined(ctx: WriteCtx, key: MemberKey): Promise<void> {
  await insertTransition(ctx, key, 'not_applicable')
  await memberChanged(ctx, key)
}

/** Call it in the transaction that suspends a member or ends that. */
export async function memberChanged(ctx: WriteCtx, { organizationId, userId }: MemberKey): Promise<void> {
  await enqueue(ctx, { kind: 'policies.evaluate', payload: { organizationId, userId } })
}

/** Call it in the transaction that ends a membership: reports about the time before still tell of it. */
export const memberLeft = (ctx: WriteCtx, key: MemberKey): Promise<void> => insertTransition(ctx, key, 'left')

/** The history of a member's compliance begins as their row does, and ends when it goes. */
function insertTransition(
  ctx: WriteCtx,
  { organizationId, userId }: MemberKey,
  status: Row<'mfaTransition'>['status'],
): Promise<void> {
  return insertRow(ctx.tx, ctx.tx.t.mfaTransition, {
    id: ctx.newId(),
    organizationId,
    userId,
    at: ctx.now,
    status,
    deadlineAt: null,
    missing: [],
    policyVersion: 0,
  })
}
