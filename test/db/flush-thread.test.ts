import { afterEach, beforeEach, expect, test } from 'bun:test'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFlushThread } from '../../src/db/flush-thread.ts'

let folder: string
let descriptor: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'authy2-thread-'))
  descriptor = openSync(join(folder, 'file'), 'w')
})
afterEach(() => {
  closeSync(descriptor)
  rmSync(folder, { recursive: true })
})

const NO_DESCRIPTOR = 1_000_000

/** Not by `rejects`, which holds up the event loop until then, and so what the thread says. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

test('each of many flushes at once hears of its own', async () => {
  const thread = createFlushThread()
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, (_, index) => thread.flush(index % 2 === 0 ? descriptor : NO_DESCRIPTOR)),
  )
  expect(outcomes.map(({ status }) => status)).toEqual(
    outcomes.map((_, index) => (index % 2 === 0 ? 'fulfilled' : 'rejected')),
  )
  expect(await failureOf(thread.flush(NO_DESCRIPTOR))).toMatchObject({ code: 'EBADF' })
})

test('what a thread that dies was to flush has failed, and the next one is heard again', async () => {
  const dies = `onmessage = ({ data: [id, descriptor] }) => {
    if (descriptor < 0) throw new Error('out of luck')
    postMessage([id])
  }`
  const thread = createFlushThread(dies)
  await thread.flush(1)
  const end = await failureOf(thread.flush(-1))
  expect(end).toMatchObject({ message: expect.stringContaining('out of luck') })
  await thread.flush(1)
  const none = await failureOf(createFlushThread('this is no program').flush(1))
  expect(none).toMatchObject({ message: expect.stringContaining('has ended') })
})

const PROGRAM = `
import { createFlushThread } from ${JSON.stringify(join(import.meta.dir, '../../src/db/flush-thread.ts'))}
import { openSync } from 'node:fs'
const thread = createFlushThread()
const file = openSync(process.argv[2], 'w')
await thread.flush(file)
await thread.flush(file)
console.log('flushed')
`

test('a process waits for what it flushes, and for nothing else', async () => {
  const program = join(folder, 'program.ts')
  await Bun.write(program, PROGRAM)
  for (let run = 0; run < 5; run++) {
    const child = Bun.spawn([process.execPath, program, join(folder, 'out')], {
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const output = [await child.stdout.text(), await child.stderr.text(), await child.exited]
    expect(output).toEqual(['flushed\n', '', 0])
  }
}, 30_000)
