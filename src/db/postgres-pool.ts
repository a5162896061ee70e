import { SQL } from 'bun'
import { monotonicMilliseconds } from '../kernel/index.ts'

const CONNECT_TIMEOUT_SECONDS = 5
const PATIENCE: Patience = { silenceMilliseconds: 10_000, answerMilliseconds: 30_000 }

export interface PoolOptions {
  readonly url: string
  readonly poolSize: number
  readonly patience?: Patience | undefined
}

export interface Patience {
  /** How long nothing at all may be answered while something waits. */
  readonly silenceMilliseconds: number
  /** How long one statement or transaction may wait while others are answered. */
  readonly answerMilliseconds: number
}

export interface PostgresPool {
  /** For Drizzle: statements and transactions that are answered in time, or fail as on a connection that was cut. */
  readonly client: SQL
  /** The connections of this moment, for what may take its time. */
  unbounded(): SQL
  close(): Promise<void>
}

/**
 * Connections to PostgreSQL that are thrown away once something on them has waited too long. A server that is
 * frozen, or behind a network that lost its way, neither answers nor closes, and TCP notices after a quarter of an
 * hour: until then every connection would be taken, and every request would wait. All connections go, because what
 * befell one usually befell its host. What was under way on them rolls back or, at the moment of its commit, may have
 * happened, as after any lost connection. No option of the driver does this.
 */
export function openPool({ url, poolSize, patience = PATIENCE }: PoolOptions): PostgresPool {
  const open = () => new SQL({ url, max: poolSize, connectionTimeout: CONNECT_TIMEOUT_SECONDS })
  let current = open()
  let lastAnswer = 0

  /** A queue before a server that answers is no silence. */
  async function watch(pool: SQL, answer: PromiseLike<unknown>): Promise<void> {
    const start = monotonicMilliseconds()
    const millisecondsLeft = () =>
      Math.min(
        Math.max(start, lastAnswer) + patience.silenceMilliseconds - monotonicMilliseconds(),
        start + patience.answerMilliseconds - monotonicMilliseconds(),
      )
    const look = () => {
      const left = millisecondsLeft()
      if (left <= 0) return discard(pool)
      timer = setTimeout(look, left)
    }
    let timer = setTimeout(look, millisecondsLeft())
    try {
      await answer
    } catch {
      // Whoever asked gets it, too; and an error is an answer.
    } finally {
      clearTimeout(timer)
      lastAnswer = monotonicMilliseconds()
    }
  }

  /** Fails everything that waits on the pool. */
  function discard(pool: SQL): void {
    if (pool !== current) return
    current = open()
    void pool.close({ timeout: 0 })
  }

  const bounded = {
    unsafe(...statement: Parameters<SQL['unsafe']>) {
      const pool = current
      const query = pool.unsafe(...statement)
      queueMicrotask(() => void watch(pool, query)) // to await it is to send it: after its caller has said how
      return query
    },
    begin(...transaction: Parameters<SQL['begin']>) {
      const pool = current
      const answer = pool.begin(...transaction)
      void watch(pool, answer)
      return answer
    },
  }
  return {
    client: bounded as unknown as SQL, // all that Drizzle calls of it
    unbounded: () => current,
    close: () => current.close({ timeout: 5 }),
  }
}
