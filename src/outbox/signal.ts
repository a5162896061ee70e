const listeners = new Set<() => void>()

/**
 * Tells the workers of this process that messages were committed, so that nobody waits for a poll. Nothing
 * depends on it: a process without a worker tells nobody, and a worker woken in vain has asked once too often.
 */
export const outboxSignal = {
  notify(): void {
    for (const listener of listeners) listener()
  },
  /** Returns the function that ends it. */
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}
