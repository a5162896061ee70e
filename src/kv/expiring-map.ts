import type { Clock } from '../kernel/index.ts'

export interface Entry<V> {
  value: V
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

interface PlacedEntry<V> extends Entry<V> {
  /** How many entries had been placed before it. */
  placed: number
}

/** How many entries each insertion examines; above 1, so that the sweep outruns the insertions. */
const SWEEP_STEP = 2
/** What part of a full map may be newer than an entry before its use moves it to the front again. */
const FRESH_PART = 1 / 4

/**
 * A map of bounded size whose entries end. An expired entry is never returned; its memory is freed by a sweep
 * that moves on a little with every insertion, so there is no timer. A full map drops what was used longest ago,
 * give or take a quarter of it: what is used at every request need not move at every request.
 */
export class ExpiringMap<V> {
  /** In order of last use: a Map iterates in the order of insertion, and a use inserts anew. */
  readonly #entries = new Map<string, PlacedEntry<V>>()
  #sweep = this.#entries.entries()
  readonly #clock: Clock
  readonly #maxEntries: number
  #placed = 0

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
    if (entry.expiresAt <= this.#clock.now().getTime()) {
      this.#entries.delete(key)
      return undefined
    }
    if (this.#placed - entry.placed > this.#maxEntries * FRESH_PART) this.#place(key, entry)
    return entry
  }

  /** `expiresAt` is in epoch milliseconds. */
  set(key: string, value: V, expiresAt: number): void {
    this.#place(key, { value, expiresAt, placed: 0 })
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

  #place(key: string, entry: PlacedEntry<V>): void {
    this.#entries.delete(key)
    entry.placed = ++this.#placed
    this.#entries.set(key, entry)
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
