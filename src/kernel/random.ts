import { uuidGenerator } from './uuid.ts'

/** Where randomness comes from. Injected, so that tests can be repeated byte for byte. */
export interface RandomSource {
  bytes(length: number): Uint8Array
  /** A UUIDv7 (RFC 9562 §5.7) that sorts after those that this source made before. */
  uuid(now: Date): string
}

export const systemRandom: RandomSource = createSystemRandom()

/** A source of its own: its ids go on from its own last one when the clock is set back (RFC 9562 §6.2). */
export function createSystemRandom(): RandomSource {
  let lastMilliseconds = 0
  return {
    bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    uuid(now) {
      lastMilliseconds = Math.max(lastMilliseconds, now.getTime())
      return Bun.randomUUIDv7('hex', lastMilliseconds)
    },
  }
}

/** Repeatable bytes from a seed (SplitMix32): for tests only, never for secrets. */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  const bytes = (length: number) => Uint8Array.from({ length }, () => next() & 0xff)
  return { bytes, uuid: uuidGenerator(bytes) }
}
