import type { Clock } from '../kernel/index.ts'

export interface Entry<V> {
  value: V
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** How many entries each insertion examines; above 1, so that the sweep outruns the insertions. */
const SWEEP_STEP = 2

/**
 * A map of bounded size whose entries end. An expired entry is never returned; its memory is freed by a sweep
 * that moves on a little with every insertion, so there is no timer. A full map drops what was used longest ago.
 */
export class ExpiringMap<V> {
  /** In order of last use: a Map iterates in the order of insertion, and a use inserts anew. */
  readonly #entries = new Map<string, Entry<V>>()
  #sweep = this.#entries.entries()
  readonly #clock: Clock
  readonly #maxEntries: number

  constructor(options: { clock: Clock; maxEntries: number }) {
    this.#clock = options.clock
    this.#maxEntries = options.maxEntries
  }

  /** Entries held, expired ones that the sweep has not met yet included. */
  get size(): number {
    return this.#entries.size
  }

  /** The live entry; its `value` may be changed in place. */
  get(key: string): Entry<V> | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    if (entry.expiresAt <= this.#clock.now().getTime()) return undefined
    this.#entries.set(key, entry)
    return entry
  }

  /** `expiresAt` is in epoch milliseconds. */
  set(key: string, value: V, expiresAt: number): void {
    this.#entries.delete(key)
    this.#entries.set(key, { value, expiresAt })
    this.#freeExpired()
    if (this.#entries.size <= this.#maxEntries) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  #freeExpired(): void {
    const now = this.#clock.now().getTime()
    for (let step = 0; step < SWEEP_STEP; step++) {
      const next = this.#sweep.next()
      if (next.done) {
        this.#sweep = this.#entries.entries()
        return
      }
      const [key, entry] = next.value
      if (entry.expiresAt <= now) this.#entries.delete(key)
    }
  }
}
