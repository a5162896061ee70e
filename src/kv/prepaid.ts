import type { Clock } from '../kernel/index.ts'
import { ExpiringMap } from './expiring-map.ts'
import type { Taken, Window } from './window.ts'

interface Balance {
  points: number
  readonly limit: number
  /** What the shared window had left after the last purchase; 0 once it refused a single point. */
  readonly sharedRemaining: number
  readonly soldOut: boolean
}

/**
 * Buys `chunk` points at a time from a shared window and spends them here, so that about one request in `chunk`
 * makes a round trip, and none while the window is known to be sold out.
 *
 * Never grants more than the shared window. May grant less: of the limit, up to `chunk - 1` points per process
 * can lie unspent in other processes when the window is sold out, and are lost when it ends, when this
 * process does, or when more than `maxEntries` keys push the balance out. A sold-out window that another
 * process has reset is noticed when it ends. Unsuited to small limits, where that is a large part of the limit.
 */
export function prepaidWindow(
  shared: Window,
  { chunk, clock, maxEntries }: { chunk: number; clock: Clock; maxEntries: number },
): Window {
  const balances = new ExpiringMap<Balance>({ clock, maxEntries })
  const purchases = new Map<string, Promise<Taken>>()

  /** Without this, n concurrent requests that find nothing would buy n chunks. */
  function purchaseOnce(key: string, points: number): Promise<Taken> {
    const purchase = buy(key, points).finally(() => purchases.delete(key))
    purchases.set(key, purchase)
    return purchase
  }

  async function buy(key: string, points: number): Promise<Taken> {
    // The end is reckoned from before the question, so that no point outlives the window it was bought in.
    const askedAt = clock.now().getTime()
    let bought = Math.max(chunk, points)
    let taken = await shared.take(key, bought)
    if (!taken.allowed && bought > points) {
      bought = points
      taken = await shared.take(key, bought)
    }
    // What is left of a balance too small to pay with is dropped: it may be of the window before.
    if (taken.allowed || points === 1) {
      const balance: Balance = {
        points: taken.allowed ? bought : 0,
        limit: taken.limit,
        sharedRemaining: taken.remaining,
        soldOut: !taken.allowed,
      }
      balances.set(key, balance, askedAt + taken.resetMilliseconds)
    }
    return taken
  }

  return {
    async take(key, points) {
      for (;;) {
        const entry = balances.get(key)
        const balance = entry?.value
        if (balance && (balance.soldOut || balance.points >= points)) {
          const allowed = balance.points >= points
          if (allowed) balance.points -= points
          return {
            allowed,
            limit: balance.limit,
            remaining: balance.points + balance.sharedRemaining,
            resetMilliseconds: entry.expiresAt - clock.now().getTime(),
          }
        }
        const underWay = purchases.get(key)
        if (underWay) await underWay
        else {
          const taken = await purchaseOnce(key, points)
          if (!taken.allowed) return taken
        }
      }
    },
    async giveBack(key, points) {
      const balance = balances.get(key)?.value
      if (balance) balance.points += points
    },
    async forget(key) {
      balances.delete(key)
      await shared.forget(key)
    },
  }
}
