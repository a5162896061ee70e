import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  addSeconds,
  ManualClock,
  monotonicMilliseconds,
  secondsUntil,
  systemClock,
} from '../../src/kernel/index.ts'

const START = '2030-01-01T00:00:00.000Z'

describe('a clock for tests', () => {
  test('stands still until it is told to move', () => {
    const clock = new ManualClock(START)
    expect(clock.now().toISOString()).toBe(START)
    expect(clock.now()).toEqual(clock.now())
    clock.advance(90)
    expect(clock.now().toISOString()).toBe('2030-01-01T00:01:30.000Z')
    clock.set('2029-12-31T00:00:00Z')
    expect(clock.now().toISOString()).toBe('2029-12-31T00:00:00.000Z')
  })

  test('cannot be moved through an instant that it gave', () => {
    const clock = new ManualClock(START)
    clock.now().setFullYear(1970)
    expect(clock.now().toISOString()).toBe(START)
  })
})

test('the system’s clock says what time it is', () => {
  const before = Date.now()
  expect(systemClock.now().getTime()).toBeGreaterThanOrEqual(before)
})

test('a duration is never negative', () => {
  const start = monotonicMilliseconds()
  expect(monotonicMilliseconds()).toBeGreaterThanOrEqual(start)
})

test('seconds that are added are the seconds until then', () => {
  const now = new Date(START)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 9 }), (seconds) => {
      expect(secondsUntil(now, addSeconds(now, seconds))).toBe(seconds)
    }),
  )
})

test('seconds until an instant are rounded up, so that nobody comes back too early, and none when it has passed', () => {
  const now = new Date(START)
  expect(secondsUntil(now, new Date('2030-01-01T00:00:00.001Z'))).toBe(1)
  expect(secondsUntil(now, new Date('2030-01-01T00:00:01.001Z'))).toBe(2)
  expect(secondsUntil(now, new Date('2029-12-31T23:59:59Z'))).toBe(0)
  expect(secondsUntil(now, now)).toBe(0)
})
