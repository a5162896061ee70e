import { monotonicMilliseconds, occupyingPool, unavailable } from '../kernel/index.ts'
import { lowerPoolPriority } from './thread-priority.ts'

export interface HashQueueOptions {
  /** How many run at once. */
  readonly concurrency: number
  /** How many may wait; further ones are refused. */
  readonly queueLimit: number
  /** Told after every change. */
  readonly onDepth?: (waiting: number, running: number) => void
  /** Told how long each hash took, without its waiting. */
  readonly onMilliseconds?: (milliseconds: number) => void
}

/** First in, first out, so that nobody waits for ever; bounded, so that a flood is refused while it is cheap. */
export class HashQueue {
  readonly #options: HashQueueOptions
  readonly #waiting: (() => void)[] = []
  #running = 0
  #mostRunning = 0
  #usualMilliseconds = 50 // a moving average; the first guess only serves until something was measured

  constructor(options: HashQueueOptions) {
    this.#options = options
  }

  get depth(): { readonly waiting: number; readonly running: number } {
    return { waiting: this.#waiting.length, running: this.#running }
  }

  /** Runs `work` when its turn comes. Throws `SERVICE_UNAVAILABLE` when too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#turn()
    const startedAt = monotonicMilliseconds()
    try {
      return await occupyingPool(work)
    } finally {
      this.#measured(monotonicMilliseconds() - startedAt)
      this.#done()
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < this.#options.concurrency) {
      this.#running++
      this.#report()
      return
    }
    if (this.#waiting.length >= this.#options.queueLimit)
      throw unavailable('Too many people are signing in at this moment. Try again soon.', this.#retryAfter())
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    this.#report()
    await promise
  }

  /** The place goes straight to who waited longest: a newcomer cannot take it in between. */
  #done(): void {
    if (this.#running > this.#mostRunning) {
      this.#mostRunning = this.#running
      lowerPoolPriority()
    }
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running--
    this.#report()
  }

  #measured(milliseconds: number): void {
    this.#usualMilliseconds += (milliseconds - this.#usualMilliseconds) / 8
    this.#options.onMilliseconds?.(milliseconds)
  }

  /** Whole seconds until the present queue is worked off. */
  #retryAfter(): number {
    const rounds = this.#waiting.length / this.#options.concurrency
    return Math.max(1, Math.ceil((rounds * this.#usualMilliseconds) / 1000))
  }

  #report(): void {
    this.#options.onDepth?.(this.#waiting.length, this.#running)
  }
}
