import { availableParallelism } from 'node:os'

let occupied = 0

/**
 * Runs what keeps a thread of the runtime's pool for long, and counts it as such. The pool has a thread for each core
 * and takes what comes in its order, so that work of a moment would wait there for as long as that takes.
 */
export async function occupyingPool<T>(work: () => Promise<T>): Promise<T> {
  occupied++
  try {
    return await work()
  } finally {
    occupied--
  }
}

/** Whether all threads of the pool are kept: who has work of a moment then does it themselves sooner. */
export const isPoolOccupied = (): boolean => occupied >= availableParallelism()
