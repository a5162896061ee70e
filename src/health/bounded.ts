import { monotonicMilliseconds } from '../kernel/index.ts'

/**
 * Asks at most once in `milliseconds`, however often it is called, and never a second time before the first
 * answer is there: anyone may call what stands on it without costing more than one caller.
 */
export function remember<T>(milliseconds: number, ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  let validUntil = Number.POSITIVE_INFINITY
  return () => {
    if (answer && monotonicMilliseconds() < validUntil) return answer
    validUntil = Number.POSITIVE_INFINITY
    answer = ask().finally(() => {
      validUntil = monotonicMilliseconds() + milliseconds
    })
    return answer
  }
}

/** What the promise gives, or `otherwise` when it rejects or takes longer than `milliseconds`. */
export async function within<T, Otherwise>(
  milliseconds: number,
  promise: Promise<T>,
  otherwise: Otherwise,
): Promise<T | Otherwise> {
  const late = Promise.withResolvers<Otherwise>()
  const timer = setTimeout(() => late.resolve(otherwise), milliseconds)
  try {
    return await Promise.race([promise.catch(() => otherwise), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
