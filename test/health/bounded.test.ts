import { expect, test } from 'bun:test'
import { remember, within } from '../../src/health/bounded.ts'

function counter<T>(answer: () => Promise<T>) {
  const state = { asked: 0 }
  return {
    state,
    ask: () => {
      state.asked++
      return answer()
    },
  }
}

test('any number of askers cost one question, and a second one only after the time is up', async () => {
  const { state, ask } = counter(async () => 'yes')
  const remembered = remember(40, ask)
  expect(await Promise.all(Array.from({ length: 100 }, remembered))).toEqual(Array(100).fill('yes'))
  await remembered()
  expect(state.asked).toBe(1)
  await Bun.sleep(50)
  await Promise.all([remembered(), remembered()])
  expect(state.asked).toBe(2)
})

test('a question that takes long is not asked again meanwhile', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const { state, ask } = counter(() => promise)
  const remembered = remember(1, ask)
  const first = remembered()
  await Bun.sleep(10)
  const second = remembered()
  resolve('late')
  expect(await Promise.all([first, second])).toEqual(['late', 'late'])
  expect(state.asked).toBe(1)
})

test('a failure is remembered like an answer', async () => {
  const { state, ask } = counter(() => Promise.reject(new Error('away')))
  const remembered = remember(1_000, ask)
  await expect(remembered()).rejects.toThrow('away')
  await expect(remembered()).rejects.toThrow('away')
  expect(state.asked).toBe(1)
})

test('who answers in time is heard; who fails or is late is not waited for', async () => {
  expect(await within(1_000, Promise.resolve('yes'), 'no')).toBe('yes')
  expect(await within(1_000, Promise.reject(new Error('away')), 'no')).toBe('no')
  const start = performance.now()
  expect(await within(20, new Promise<string>(() => {}), 'no')).toBe('no')
  expect(performance.now() - start).toBeLessThan(500)
})
