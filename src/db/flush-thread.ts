/** What the thread runs; in a text, so that the compiled binary needs no file of it. */
const CODE = `
import { fdatasyncSync } from 'node:fs'
onmessage = ({ data: [id, descriptor] }) => {
  try {
    fdatasyncSync(descriptor)
    postMessage([id])
  } catch ({ code, message }) {
    postMessage([id, { code, message }])
  }
}`

/** `fdatasync` by a thread that does nothing else. Rejects as that does, and when the thread is gone. */
export interface FlushThread {
  flush(descriptor: number): Promise<void>
}

type Reply = readonly [id: number, failure?: { readonly code?: string; readonly message: string }]
type Waiting = Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>

/**
 * The thread is started with the first flush, since it takes ten megabytes, and keeps the process from ending only while
 * one is under way. One that has died is followed by another, but what it was to flush has failed: nobody knows whether
 * it had heard of an error, which the system tells once.
 */
export function createFlushThread(code = CODE): FlushThread {
  const waiting = new Map<number, Waiting>()
  let thread: Worker | undefined
  let lastId = 0

  function start(): Worker {
    const source = URL.createObjectURL(new Blob([code], { type: 'application/javascript' }))
    const started = new Worker(source, { smol: true })
    started.onmessage = ({ data: [id, failure] }: MessageEvent<Reply>) => {
      const { resolve, reject } = waiting.get(id) ?? {}
      waiting.delete(id)
      if (waiting.size === 0) started.unref()
      if (failure) reject?.(Object.assign(new Error(failure.message), { code: failure.code }))
      else resolve?.()
    }
    started.onerror = ({ message }) => {
      if (thread !== started) return // what waits by now is another's
      thread = undefined
      started.terminate()
      const lost = [...waiting.values()]
      waiting.clear()
      for (const { reject } of lost) reject(new Error(`The thread that flushes has ended: ${message}`))
    }
    return started
  }

  return {
    flush(descriptor) {
      thread ??= start()
      const { promise, ...settle } = Promise.withResolvers<void>()
      const id = ++lastId
      waiting.set(id, settle)
      thread.ref()
      thread.postMessage([id, descriptor])
      return promise
    },
  }
}
