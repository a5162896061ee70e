import { expect, test } from 'bun:test'
import { availableParallelism } from 'node:os'
import { isPoolOccupied, occupyingPool } from '../../src/kernel/index.ts'

test('the pool is occupied while each of its threads is kept, and free again whatever comes of it', async () => {
  const kept = Array.from({ length: availableParallelism() }, () => Promise.withResolvers<string>())
  const works: Promise<string>[] = []
  for (const { promise } of kept) {
    expect(isPoolOccupied()).toBe(false)
    works.push(occupyingPool(() => promise))
  }
  expect(isPoolOccupied()).toBe(true)
  kept[0]?.reject(new Error('on purpose'))
  await expect(works[0]).rejects.toThrow('on purpose')
  expect(isPoolOccupied()).toBe(false)
  for (const { resolve } of kept) resolve('done')
  expect((await Promise.allSettled(works)).slice(1).every(({ status }) => status === 'fulfilled')).toBe(true)
})
