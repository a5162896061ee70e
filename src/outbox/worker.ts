import type { Row, UnitsOfWork } from '../db/index.ts'
import { type Keyring, type Log, SYSTEM } from '../kernel/index.ts'
import type { Metrics } from '../telemetry/index.ts'
import { attempt } from './attempt.ts'
import { claimDue, giveBack, isAnythingDue } from './claim.ts'
import { countMessages } from './dead-letters.ts'
import { describeFailure } from './failure.ts'
import type { OutboxHandlers } from './message.ts'
import { settleDelivered, settleFailed } from './settle.ts'
import { outboxSignal } from './signal.ts'

/** How many deliveries run at once. */
export const OUTBOX_CONCURRENCY = 5
const ATTEMPT_MILLISECONDS = 45_000 // shorter than a lease
const POLL_MILLISECONDS = 5_000
const DRAIN_MILLISECONDS = 20_000

export interface OutboxWorker {
  /** Delivers from now on: at once what is committed here, within seconds what other processes left. */
  start(): void
  /** Looks now, rather than at the next poll. */
  wake(): void
  /** Delivers all that is due, and resolves when each has its outcome. */
  runOnce(): Promise<void>
  /** Begins nothing more, and waits a bounded time for what is under way. Its lease passes what is not done then. */
  stop(): Promise<void>
}

export interface OutboxWorkerDeps extends UnitsOfWork {
  /** A worker leaves kinds that it has no handler for to processes that have one. */
  readonly handlers: OutboxHandlers
  readonly keyring: Keyring
  readonly log: Log
  readonly metrics: Metrics
  readonly attemptMilliseconds?: number
  readonly drainMilliseconds?: number
}

/** Any number of workers may share a database: a message is claimed by one of them at a time. */
export function createOutboxWorker(deps: OutboxWorkerDeps): OutboxWorker {
  const { handlers, keyring, log, metrics } = deps
  const { attemptMilliseconds: limitMilliseconds = ATTEMPT_MILLISECONDS } = deps
  const { drainMilliseconds = DRAIN_MILLISECONDS } = deps
  const origin = { actor: SYSTEM, log }
  const handled = Object.keys(handlers)

  const underWay = new Set<Promise<void>>()
  let running: Promise<void> | undefined
  let isStopped = false
  let hasNews = false
  let tellNews = () => {}
  let timer: NodeJS.Timeout | undefined
  let unsubscribe = () => {}

  /** Until nothing is due and nothing under way. News is a new message, and a delivery that ended. */
  async function work(): Promise<void> {
    do {
      hasNews = false
      await claimAndBegin()
      if (underWay.size === 0) await showDepth()
      else if (!hasNews) await nextNews()
    } while (hasNews || underWay.size > 0)
    running = undefined
  }

  async function claimAndBegin(): Promise<void> {
    try {
      while (!isStopped && handled.length > 0 && underWay.size < OUTBOX_CONCURRENCY) {
        if (!(await deps.read(origin, (ctx) => isAnythingDue(ctx, handled)))) return
        const limit = OUTBOX_CONCURRENCY - underWay.size
        const claimed = await deps.write(origin, (ctx) => claimDue(ctx, { handled, limit }))
        for (const message of claimed) begin(message)
      }
    } catch (error) {
      log.warn('outbox.claim_failed', { err: error }) // the database is away: the next poll tries again
    }
  }

  function begin(message: Row<'outboxMessage'>): void {
    const delivery = deliver(message)
      .catch((error) => log.error('outbox.settle_failed', { id: message.id, err: error }))
      .finally(() => {
        underWay.delete(delivery)
        news()
      })
    underWay.add(delivery)
  }

  async function deliver(message: Row<'outboxMessage'>): Promise<void> {
    const { id, kind, attempts } = message
    if (isStopped) return deps.write(origin, (ctx) => giveBack(ctx, message))
    const failure = await attempt({ handlers, keyring, limitMilliseconds }, message).then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    const outcome = await deps.write(origin, (ctx) =>
      failure ? settleFailed(ctx, message, failure.error) : settleDelivered(ctx, message),
    )
    metrics.outboxDelivered.inc({ kind, outcome })
    if (!failure) return log.info('outbox.delivered', { id, kind, attempts })
    log.warn('outbox.delivery_failed', {
      id,
      kind,
      attempts,
      outcome,
      reason: describeFailure(failure.error),
    })
  }

  async function showDepth(): Promise<void> {
    try {
      const { pending, dead } = await deps.read(origin, countMessages)
      metrics.outboxDepth.set({ status: 'pending' }, pending)
      metrics.outboxDepth.set({ status: 'dead' }, dead)
    } catch (error) {
      log.warn('outbox.count_failed', { err: error })
    }
  }

  const nextNews = () => new Promise<void>((resolve) => (tellNews = resolve))

  function news(): void {
    hasNews = true
    tellNews()
  }

  function wake(): void {
    news()
    if (!isStopped) running ??= work()
  }

  return {
    start() {
      unsubscribe = outboxSignal.subscribe(wake)
      timer = setInterval(wake, POLL_MILLISECONDS)
      timer.unref()
      wake()
    },
    wake,
    async runOnce() {
      wake()
      await running
    },
    async stop() {
      isStopped = true
      unsubscribe()
      clearInterval(timer)
      const { promise: enough, resolve } = Promise.withResolvers<void>()
      const limit = setTimeout(resolve, drainMilliseconds)
      await Promise.race([running, enough])
      clearTimeout(limit)
    },
  }
}
