/** Where the time comes from. Injected, so that tests walk through weeks without waiting. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/** A clock that stands still until told to move. */
export class ManualClock implements Clock {
  #milliseconds: number
  constructor(start: string | Date) {
    this.#milliseconds = new Date(start).getTime()
  }
  now(): Date {
    return new Date(this.#milliseconds)
  }
  advance(seconds: number): void {
    this.#milliseconds += seconds * 1000
  }
  set(instant: string | Date): void {
    this.#milliseconds = new Date(instant).getTime()
  }
}

export const addSeconds = (instant: Date, seconds: number): Date =>
  new Date(instant.getTime() + seconds * 1000)

/** Whole seconds from `from` until `to`, rounded up; 0 when `to` has passed. */
export const secondsUntil = (from: Date, to: Date): number =>
  Math.max(0, Math.ceil((to.getTime() - from.getTime()) / 1000))

export const MINUTE = 60
export const HOUR = 3_600
export const DAY = 86_400

/** A monotonic reading in milliseconds, for durations only: never for rows, claims or expiry. */
export const monotonicMilliseconds = (): number => performance.now()
