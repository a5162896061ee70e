/**
 * Short-lived state that processes share: challenges, upstream sign-in state, nonces, replay marks, rate limits.
 * In memory, or in Redis when one is configured; one contract, one suite for both.
 *
 * Invariants: nothing here is the only copy of anything that must last. Every entry expires. Memory is bounded:
 * a full store forgets what was used longest ago, so a replay mark holds for its time to live or for as many
 * newer entries as fit, whichever ends first. Without Redis limits still hold, in each process by itself.
 */
export { ExpiringMap } from './expiring-map.ts'
export type { Kv, Limiter, LimiterOptions, LimitResult, LimitWindow } from './kv.ts'
export { memoryKv } from './memory.ts'
export { openKv } from './open.ts'
