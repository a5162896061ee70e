import { type Clock, type Log, MINUTE } from '../kernel/index.ts'
import { ExpiringMap } from '../kv/index.ts'
import { type Outbound, OutboundError, type OutboundFailure } from '../outbound/index.ts'

/** How long a document is believed without looking. */
const FRESH_SECONDS = 10 * MINUTE
/** How soon it is looked for again at all, be a key missing in it or its server away. */
const COOLDOWN_SECONDS = MINUTE
const MAX_DOCUMENTS = 1_000

export interface RemoteDocuments<T> {
  /**
   * The document at `url`, as it was minutes ago at most; with `isOutdated`, because something is missing in it,
   * as it was a minute ago at most. Throws an OutboundError, or what `parse` throws, where there is none.
   */
  get(url: string, options?: { readonly isOutdated?: boolean }): Promise<T>
}

interface Known<T> {
  triedAt: number
  /** Absent where it has never been had. */
  value?: T
  failure?: unknown
  fetching?: Promise<void> | undefined
}

/**
 * JSON documents that clients publish about themselves, fetched when needed and kept in this process. Neither a
 * stranger's request nor a client that is away makes more than one fetch a minute.
 */
export function createRemoteDocuments<T>(deps: {
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Log
  readonly mediaTypes: readonly string[]
  /** How long one that cannot be fetched any more is still believed. */
  readonly keptSeconds: number
  /** Whether it is only while its server is away: what has been taken down or spoilt is believed no longer. */
  readonly isOverWhenRefused?: boolean
  parse(json: unknown, url: string): T
}): RemoteDocuments<T> {
  const { outbound, clock, log, mediaTypes, keptSeconds, parse } = deps
  const documents = new ExpiringMap<Known<T>>({ clock, maxEntries: MAX_DOCUMENTS })

  async function fetchInto(known: Known<T>, url: string): Promise<void> {
    known.triedAt = clock.now().getTime()
    try {
      known.value = parse(await outbound.fetchJson(url, mediaTypes), url)
      delete known.failure
      documents.set(url, known, known.triedAt + keptSeconds * 1_000)
    } catch (error) {
      known.failure = error
      if (deps.isOverWhenRefused && !isAway(error)) {
        delete known.value
        documents.set(url, known, known.triedAt + COOLDOWN_SECONDS * 1_000)
      }
      const failure = error instanceof OutboundError ? error.failure : 'not_valid'
      log.warn('client.document_failed', { upstream: URL.parse(url)?.origin, failure })
    }
  }

  return {
    async get(url, { isOutdated = false } = {}) {
      const now = clock.now().getTime()
      const known = documents.get(url)?.value ?? { triedAt: Number.NEGATIVE_INFINITY }
      const patience = isOutdated || 'failure' in known ? COOLDOWN_SECONDS : FRESH_SECONDS
      if (now - known.triedAt >= patience * 1_000) {
        if (!('value' in known)) documents.set(url, known, now + COOLDOWN_SECONDS * 1_000)
        known.fetching = fetchInto(known, url).finally(() => {
          known.fetching = undefined
        })
        await known.fetching
      } else if (isOutdated || !('value' in known)) {
        await known.fetching
      }
      if ('value' in known) return known.value as T
      throw known.failure
    },
  }
}

/** Whether nothing can be said of the document, since its server could not be asked. */
const isAway = (error: unknown): boolean => error instanceof OutboundError && AWAY.includes(error.failure)

const AWAY: readonly OutboundFailure[] = ['unresolvable', 'unreachable', 'timeout', 'unavailable']
