import type { Row } from '../db/index.ts'
import type { Keyring } from '../kernel/index.ts'
import { PermanentFailure } from './failure.ts'
import { type Delivery, type OutboxHandlers, openPayload } from './message.ts'

/** Opens a message and hands it over. Throws what its handler throws, or after the limit that it took too long. */
export async function attempt(
  deps: { handlers: OutboxHandlers; keyring: Keyring; limitMilliseconds: number },
  message: Row<'outboxMessage'>,
): Promise<void> {
  const handler = deps.handlers[firstWord(message.kind)]
  if (!handler) throw new PermanentFailure('Nothing here delivers this kind of message.')
  const { id, kind, createdAt } = message
  const payload = openPayload(deps.keyring, message)
  await within(deps.limitMilliseconds, (signal) => handler({ id, kind, payload, createdAt, signal }))
}

const firstWord = (kind: string): string => kind.split('.', 1)[0] ?? ''

/** Also ends when `work` takes no notice of the signal: the lease ends, too. */
async function within(limitMilliseconds: number, work: (signal: Delivery['signal']) => Promise<void>) {
  const controller = new AbortController()
  const { promise: tooLong, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const reason = new Error(`Not delivered within ${limitMilliseconds / 1000} s.`)
    reject(reason)
    controller.abort(reason)
  }, limitMilliseconds)
  try {
    await Promise.race([work(controller.signal), tooLong])
  } finally {
    clearTimeout(timer)
  }
}
