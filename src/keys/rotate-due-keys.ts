import type { Origin, UnitsOfWork } from '../db/index.ts'
import { type Log, SYSTEM } from '../kernel/index.ts'
import { SIGNING_ALGORITHMS } from '../protocol/oauth/index.ts'
import { generateSigningKey } from './generate-signing-key.ts'
import { isSuccessorDue, removeSpentKeys, succeed } from './signing-key-store.ts'

/** What is to be done about signing keys by the clock: successors are published, spent keys deleted. */
export async function rotateDueKeys(
  deps: UnitsOfWork & { readonly log: Log },
): Promise<{ rotated: number; removed: number }> {
  const origin: Origin = { actor: SYSTEM, log: deps.log }
  const due = await deps.read(origin, async (ctx) => {
    const isDue = await Promise.all(SIGNING_ALGORITHMS.map((algorithm) => isSuccessorDue(ctx, algorithm)))
    return SIGNING_ALGORITHMS.filter((_, index) => isDue[index])
  })
  const keys = await Promise.all(due.map(generateSigningKey))
  return deps.write(origin, async (ctx) => ({
    rotated: (await succeed(ctx, keys, false)).length,
    removed: await removeSpentKeys(ctx),
  }))
}
