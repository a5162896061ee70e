import { monotonicMilliseconds } from '../kernel/index.ts'

/** Where the process is between its start and its end. Whoever stops the server says so here, first of all. */
export class Lifecycle {
  readonly #startedAt = monotonicMilliseconds()
  #isDraining = false

  get uptimeSeconds(): number {
    return Math.floor((monotonicMilliseconds() - this.#startedAt) / 1000)
  }

  /** True once the process has been told to end: what is in flight is finished, nothing new is wanted. */
  get isDraining(): boolean {
    return this.#isDraining
  }

  beginDraining(): void {
    this.#isDraining = true
  }
}
