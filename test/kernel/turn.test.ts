import { expect, test } from 'bun:test'
import { endOfTurn } from '../../src/kernel/index.ts'

test('the end of a turn comes for all who wait for it at once, after what had arrived', async () => {
  const order: string[] = []
  const wait = async (name: string) => {
    await endOfTurn()
    order.push(name)
  }
  const waiting = [wait('first'), wait('second')]
  setImmediate(() => order.push('next turn'))
  queueMicrotask(() => {
    order.push('arrived')
    waiting.push(wait('third'))
  })
  await new Promise((resolve) => setTimeout(resolve, 5))
  await Promise.all(waiting)
  expect(order).toEqual(['arrived', 'first', 'second', 'third', 'next turn'])
  await wait('later')
  expect(order.at(-1)).toBe('later')
})
