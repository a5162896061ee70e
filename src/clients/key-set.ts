import type { JSONWebKeySet } from 'jose'
import { invalidClientMetadata, parsePublicJwk } from '../protocol/oauth/index.ts'

const MAX_KEYS = 50

/**
 * The keys of a set that can verify signatures; others, for encryption or of a kind that is not known here, are
 * left out (RFC 7517 §5). Throws invalid_client_metadata for what is no key set.
 */
export function parseKeySet(document: unknown): JSONWebKeySet {
  const { keys }: { keys?: unknown } = { ...Object(document) }
  if (!Array.isArray(keys) || keys.length > MAX_KEYS)
    throw invalidClientMetadata('This is not a set of keys.')
  const known = keys.map(parsePublicJwk).filter((key) => key !== undefined)
  return { keys: known.filter(({ use }) => use === undefined || use === 'sig') }
}
