import { addSeconds, HOUR, MINUTE, type RandomSource } from '../kernel/index.ts'

/** How long after each failed attempt the next one is, in seconds: together a little under a day. */
const DELAYS = [10, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 4 * HOUR, 8 * HOUR, 9 * HOUR] as const

/** Up to a fifth earlier, so that what failed together does not come back together. */
const JITTER = 0.2

/**
 * When to try again after `attempts` of them, or undefined when it was the last. Counted in attempts and not
 * from the message's age, so that a server that was switched off for two days still makes all of them.
 */
export function nextAttempt(attempts: number, now: Date, random: RandomSource): Date | undefined {
  const delay = DELAYS[attempts - 1]
  if (delay === undefined) return undefined
  const [byte = 0] = random.bytes(1)
  return addSeconds(now, delay * (1 - (JITTER * byte) / 255))
}
