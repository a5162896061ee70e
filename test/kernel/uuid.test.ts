import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createSystemRandom, type RandomSource, seededRandom, UUID_PATTERN } from '../../src/kernel/index.ts'
import { uuidGenerator } from '../../src/kernel/uuid.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const instants = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
const millisecondsOf = (uuid: string) => Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16)

const sources: [string, () => RandomSource][] = [
  ['the system', createSystemRandom],
  ['a seed', () => seededRandom(7)],
]

describe.each(sources)('a UUID of %s', (_, create) => {
  test('is a UUIDv7 of the RFC’s variant that holds its time (RFC 9562 §5.7)', () => {
    fc.assert(
      fc.property(instants, (now) => {
        const uuid = create().uuid(now)
        expect(uuid).toMatch(UUID_PATTERN)
        expect(uuid[14]).toBe('7')
        expect('89ab').toContain(uuid.charAt(19))
        expect(millisecondsOf(uuid)).toBe(now.getTime())
      }),
    )
  })

  test('sorts after those before it, also of the same millisecond', () => {
    const source = create()
    const made = Array.from({ length: 10_000 }, () => source.uuid(NOW))
    expect(made.toSorted()).toEqual(made)
    expect(new Set(made).size).toBe(made.length)
  })

  test('sorts by its time', () => {
    fc.assert(
      fc.property(fc.array(instants, { minLength: 2, maxLength: 20 }), (times) => {
        const source = create()
        const sorted = times.toSorted((a, b) => a.getTime() - b.getTime())
        const made = sorted.map((now) => source.uuid(now))
        expect(made.toSorted()).toEqual(made)
      }),
    )
  })

  // Pages and audit events go on from an id: one that a corrected clock put before them would never be seen.
  test('goes on from the last one when the clock is set back', () => {
    const source = create()
    const later = source.uuid(new Date(NOW.getTime() + 60_000))
    const after = Array.from({ length: 100 }, () => source.uuid(NOW))
    expect([later, ...after].toSorted()).toEqual([later, ...after])
  })
})

test('the example of the RFC comes out of its parts (RFC 9562 appendix A.6)', () => {
  const rand = Uint8Array.from({ length: 16 }, () => 0)
  rand.set([0xcc, 0xc3], 6) // rand_a is CC3, but a counter begins below 800 (§6.2 method 1): 4C3
  rand.set([0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f], 8)
  const uuid = uuidGenerator(() => rand.slice())(new Date('2022-02-22T19:22:22.000Z'))
  expect(uuid).toBe('017f22e2-79b0-74c3-98c4-dc0c0c07398f')
})

test('a counter that is full borrows from the future', () => {
  const generate = uuidGenerator((length) => new Uint8Array(length).fill(0xff))
  const made = Array.from({ length: 5_000 }, () => generate(NOW))
  expect(made.toSorted()).toEqual(made)
  expect(millisecondsOf(made.at(-1) ?? '') - NOW.getTime()).toBe(1)
})

describe('random bytes', () => {
  test.each(sources)('of %s are as many as asked for, and others each time', (_, create) => {
    const source = create()
    for (const length of [0, 1, 32, 1_000]) expect(source.bytes(length)).toHaveLength(length)
    expect(source.bytes(32)).not.toEqual(source.bytes(32))
  })

  test('of a seed are the same again, and of another seed others', () => {
    expect(seededRandom(7).bytes(32)).toEqual(seededRandom(7).bytes(32))
    expect(seededRandom(7).bytes(32)).not.toEqual(seededRandom(8).bytes(32))
    expect(seededRandom(7).uuid(NOW)).toBe(seededRandom(7).uuid(NOW))
  })
})
