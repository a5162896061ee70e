import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { HashQueue } from '../../src/credentials/hash-queue.ts'
import { AppError } from '../../src/kernel/index.ts'

/** Work that ends when told to, and the order in which it began. */
function worklog() {
  const begun: number[] = []
  const ends: (() => void)[] = []
  const work = (n: number) => () => {
    begun.push(n)
    const { promise, resolve } = Promise.withResolvers<number>()
    ends[n] = () => resolve(n)
    return promise
  }
  return { begun, work, end: (n: number) => ends[n]?.() }
}

test('no more than the allowed number run at once, and the others in the order of their arrival', async () => {
  const queue = new HashQueue({ concurrency: 2, queueLimit: 10 })
  const { begun, work, end } = worklog()
  const results = [0, 1, 2, 3].map((n) => queue.run(work(n)))
  await Bun.sleep(0)
  expect(begun).toEqual([0, 1])
  expect(queue.depth).toEqual({ waiting: 2, running: 2 })
  end(1)
  await results[1]
  await Bun.sleep(0)
  expect(begun).toEqual([0, 1, 2])
  end(0)
  end(2)
  await results[2]
  await Bun.sleep(0)
  end(3)
  expect(await Promise.all(results)).toEqual([0, 1, 2, 3])
  expect(queue.depth).toEqual({ waiting: 0, running: 0 })
})

test('one that arrives as a place comes free goes behind those who wait', async () => {
  const queue = new HashQueue({ concurrency: 1, queueLimit: 10 })
  const { begun, work, end } = worklog()
  const first = queue.run(work(0))
  const second = queue.run(work(1))
  await Bun.sleep(0)
  const third = first.then(() => queue.run(work(2)))
  end(0)
  await Bun.sleep(0)
  end(1)
  await Bun.sleep(0)
  end(2)
  await Promise.all([second, third])
  expect(begun).toEqual([0, 1, 2])
})

describe('past its bound the queue', () => {
  test('refuses at once, and takes more when there is room again', async () => {
    const queue = new HashQueue({ concurrency: 1, queueLimit: 1 })
    const { work, end } = worklog()
    const running = queue.run(work(0))
    const waiting = queue.run(work(1))
    await expect(queue.run(work(2))).rejects.toMatchObject({ type: 'SERVICE_UNAVAILABLE', status: 503 })
    await Bun.sleep(0)
    end(0)
    await running
    await Bun.sleep(0)
    const later = queue.run(work(3))
    end(1)
    await waiting
    await Bun.sleep(0)
    end(3)
    expect(await later).toBe(3)
  })

  test('says to come back when it will be worked off, going by how long work takes', async () => {
    const queue = new HashQueue({ concurrency: 2, queueLimit: 40 })
    const retryAfterInAFlood = async () => {
      const gate = Promise.withResolvers<void>()
      const flood = Array.from({ length: 42 }, () => queue.run(() => gate.promise))
      const refused = await queue.run(async () => {}).catch((error: unknown) => error)
      gate.resolve()
      await Promise.all(flood)
      return refused instanceof AppError ? refused.headers['Retry-After'] : undefined
    }
    expect(await retryAfterInAFlood()).toBe('1') // 20 rounds of 50 ms, the first guess
    await Promise.all(Array.from({ length: 8 }, () => queue.run(() => Bun.sleep(100))))
    expect(await retryAfterInAFlood()).toBe('2') // 20 rounds of some 65 ms: the latest durations count most
  })
})

test('work that fails gives its place on and its error to whoever asked', async () => {
  const queue = new HashQueue({ concurrency: 1, queueLimit: 5 })
  const failed = queue.run(() => Promise.reject(new Error('out of memory')))
  const next = queue.run(async () => 'fine')
  await expect(failed).rejects.toThrow('out of memory')
  expect(await next).toBe('fine')
  expect(queue.depth).toEqual({ waiting: 0, running: 0 })
})

test('depth and durations are reported as they change', async () => {
  const depths: string[] = []
  const durations: number[] = []
  const queue = new HashQueue({
    concurrency: 1,
    queueLimit: 5,
    onDepth: (waiting, running) => depths.push(`${waiting}+${running}`),
    onMilliseconds: (milliseconds) => durations.push(milliseconds),
  })
  await Promise.all([queue.run(() => Bun.sleep(20)), queue.run(() => Bun.sleep(1))])
  expect(depths).toEqual(['0+1', '1+1', '0+1', '0+0'])
  expect(durations).toHaveLength(2)
  expect(durations[0]).toBeGreaterThan(15)
})

test('whatever arrives, in whatever order it ends: the bounds hold and everybody is answered', async () => {
  const arrivals = fc.array(fc.record({ delay: fc.nat(3), fails: fc.boolean() }), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.nat(10),
      arrivals,
      async (concurrency, limit, work) => {
        const queue = new HashQueue({
          concurrency,
          queueLimit: limit,
          onDepth(waiting, running) {
            expect(waiting).toBeLessThanOrEqual(limit)
            expect(running).toBeLessThanOrEqual(concurrency)
            if (waiting > 0) expect(running).toBe(concurrency)
          },
        })
        const answers = await Promise.allSettled(
          work.map(({ delay, fails }) =>
            queue.run(async () => {
              await Bun.sleep(delay)
              if (fails) throw new Error('failed')
            }),
          ),
        )
        expect(answers).toHaveLength(work.length)
        expect(queue.depth).toEqual({ waiting: 0, running: 0 })
      },
    ),
    { numRuns: 30 },
  )
})
