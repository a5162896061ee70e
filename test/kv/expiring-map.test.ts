import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ManualClock } from '../../src/kernel/index.ts'
import { ExpiringMap } from '../../src/kv/expiring-map.ts'

const START = '2030-01-01T00:00:00Z'

function map(maxEntries: number) {
  const clock = new ManualClock(START)
  const entries = new ExpiringMap<number>({ clock, maxEntries })
  const set = (key: string, seconds = 60, value = 0) =>
    entries.set(key, value, clock.now().getTime() + seconds * 1000)
  return { clock, entries, set }
}

test('an entry is there until the instant it ends', () => {
  const { clock, entries, set } = map(10)
  set('a', 60, 7)
  clock.advance(59.999)
  expect(entries.get('a')?.value).toBe(7)
  clock.advance(0.001)
  expect(entries.get('a')).toBeUndefined()
  expect(entries.size).toBe(0)
})

test('the bound holds at every one of 100,000 insertions, and the newest stay', () => {
  const { entries, set } = map(1_000)
  let largest = 0
  for (let i = 0; i < 100_000; i++) {
    set(`key-${i}`, 60, i)
    largest = Math.max(largest, entries.size)
  }
  expect(largest).toBe(1_000)
  expect(entries.get('key-98999')).toBeUndefined()
  expect(entries.get('key-99000')?.value).toBe(99_000)
  expect(entries.get('key-99999')?.value).toBe(99_999)
})

test('insertions free what has expired, wherever it lies', () => {
  const { clock, entries, set } = map(1_000_000)
  for (let i = 0; i < 10_000; i++) set(`short-${i}`, 1)
  for (let i = 0; i < 100; i++) set(`long-${i}`, 3_600)
  clock.advance(2)
  for (let i = 0; i < 10_000; i++) set(`new-${i % 100}`, 3_600)
  expect(entries.size).toBe(200)
})

test('under a steady stream of short entries the map stays near the number that live', () => {
  const { clock, entries, set } = map(1_000_000)
  for (let second = 0; second < 100; second++) {
    for (let i = 0; i < 100; i++) set(`${second}-${i}`, 10)
    clock.advance(1)
  }
  expect(entries.size).toBeLessThan(2_500) // 1,000 live of 10,000 inserted
})

test('a full map drops what was used longest ago', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ key: fc.integer({ min: 0, max: 9 }).map(String), write: fc.boolean() })),
      (steps) => {
        const { entries, set } = map(4)
        let model: string[] = [] // by use, the latest last
        for (const { key, write } of steps) {
          if (write) set(key)
          else entries.get(key)
          if (write || model.includes(key)) model = [...model.filter((one) => one !== key), key].slice(-4)
        }
        expect(entries.size).toBe(model.length)
        for (const key of model) expect(entries.get(key)).toBeDefined()
      },
    ),
  )
})
