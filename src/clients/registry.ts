import { eq } from 'drizzle-orm'
import type { JSONWebKeySet } from 'jose'
import type { Config } from '../config/index.ts'
import type { Reader, UnitsOfWork } from '../db/index.ts'
import { type Clock, DAY, HOUR, type Keyring, type Log, SYSTEM } from '../kernel/index.ts'
import { type Outbound, OutboundError } from '../outbound/index.ts'
import {
  type CompleteClientMetadata,
  invalidClientMetadata,
  isClientIdUrl,
  OAuthError,
  parseClientIdMetadataDocument,
} from '../protocol/oauth/index.ts'
import { findStoredClient } from './find-client.ts'
import { parseKeySet } from './key-set.ts'
import { createRemoteDocuments } from './remote-documents.ts'
import { createRequestObjects } from './request-objects.ts'
import type { StoredClient } from './schema.ts'
import { matchSecret, placeOfSecret } from './secrets.ts'
import { defaultSettings } from './settings.ts'

export interface ClientRegistryDeps extends Pick<UnitsOfWork, 'write'> {
  readonly reader: Reader
  readonly config: Config
  readonly clock: Clock
  readonly keyring: Keyring
  readonly log: Log
  readonly outbound: Outbound
}

/** What the endpoints of applications ask about them. */
export interface ClientRegistry {
  /** A registered client or, when switched on, one that its id describes; undefined where there is none. */
  find(id: string): Promise<StoredClient | undefined>
  /** Whether the client presents a secret of its own that is still valid. */
  isSecret(client: StoredClient, presented: string): boolean
  /** The secrets with which the client may sign; none unless it is one of `client_secret_jwt`. */
  signingSecrets(client: StoredClient): readonly Uint8Array[]
  /**
   * The public keys of a client, given or fetched; with `isKeyMissing` fetched again, once a minute at most. None
   * where it has none, or they cannot be had.
   */
  keysOf(client: StoredClient, options?: { readonly isKeyMissing?: boolean }): Promise<JSONWebKeySet>
  /** See RequestObjects. Throws invalid_request_uri. */
  requestObjectAt(client: StoredClient, uri: string): Promise<string>
  /**
   * Throws invalid_client_metadata unless the document at `sector_identifier_uri` has every redirect URI: else
   * anybody could ask for the subjects of somebody else's sector. OpenID Connect Registration 1.0 §5
   */
  checkSectorIdentifier(metadata: Pick<CompleteClientMetadata, SectorMember>): Promise<void>
}

type SectorMember = 'redirect_uris' | 'sector_identifier_uri'

/** Media types of JSON documents; that of key sets is RFC 7517 §8.5. */
const JSON_TYPES = ['application/json']
/** draft-ietf-oauth-client-id-metadata-document §4.1 */
const DOCUMENT_TYPES = [...JSON_TYPES, 'application/*+json']
const KEY_SET_TYPES = ['application/jwk-set+json', ...JSON_TYPES]

const NO_CLIENT = Promise.resolve(undefined)

export function createClientRegistry(deps: ClientRegistryDeps): ClientRegistry {
  const { reader, config, clock, keyring, outbound } = deps
  const keySets = createRemoteDocuments({
    ...deps,
    mediaTypes: KEY_SET_TYPES,
    keptSeconds: DAY,
    parse: parseKeySet,
  })
  const described = createRemoteDocuments({
    ...deps,
    mediaTypes: DOCUMENT_TYPES,
    keptSeconds: HOUR,
    isOverWhenRefused: true,
    parse: (document, url) => parseClientIdMetadataDocument(url, document),
  })

  const requestObjects = createRequestObjects(deps)

  async function describedClient(id: string): Promise<StoredClient | undefined> {
    try {
      return ofDocument(id, await described.get(id), clock.now())
    } catch (error) {
      if (error instanceof OutboundError || error instanceof OAuthError) return undefined
      throw error
    }
  }

  return {
    find(id) {
      if (!isClientIdUrl(id)) return findStoredClient(reader, id)
      return config.oidc.clientMetadataDocuments ? describedClient(id) : NO_CLIENT
    },

    isSecret(client, presented) {
      const match = matchSecret(client.secrets, presented, { now: clock.now(), config })
      if (match?.newDigest) keepDigest(deps, match.secretId, match.newDigest)
      return match !== undefined
    },

    signingSecrets(client) {
      const now = clock.now()
      return client.secrets.flatMap(({ id, sealed, expiresAt }) =>
        sealed && (expiresAt === null || expiresAt > now) ? [keyring.open(sealed, placeOfSecret(id))] : [],
      )
    },

    async keysOf({ metadata: { jwks, jwks_uri } }, { isKeyMissing = false } = {}) {
      if (jwks) return parseKeySet(jwks)
      if (jwks_uri === undefined) return { keys: [] }
      try {
        return await keySets.get(jwks_uri, { isOutdated: isKeyMissing })
      } catch (error) {
        if (error instanceof OutboundError || error instanceof OAuthError) return { keys: [] }
        throw error
      }
    },

    requestObjectAt: (client, uri) => requestObjects.get(client, uri),

    async checkSectorIdentifier({ redirect_uris, sector_identifier_uri: uri }) {
      if (uri === undefined) return
      const listed: unknown = await outbound.fetchJson(uri, JSON_TYPES).catch((error: Error) => {
        throw invalidClientMetadata(`The sector_identifier_uri is of no use: ${error.message}`, {
          cause: error,
        })
      })
      if (!Array.isArray(listed) || !redirect_uris.every((redirectUri) => listed.includes(redirectUri))) {
        throw invalidClientMetadata('The document at sector_identifier_uri must list every redirect URI.')
      }
    },
  }
}

/** A client that nobody has registered: public or with keys of its own, so PKCE; and people are always asked. */
function ofDocument(id: string, metadata: CompleteClientMetadata, now: Date): StoredClient {
  return {
    ...defaultSettings(null),
    id,
    organizationId: null,
    origin: 'document',
    metadata,
    acceptsBasicAndPost: false,
    registrationDigest: null,
    createdAt: now,
    updatedAt: now,
    secrets: [],
  }
}

/** Once every secret that is in use was presented, the older SECRET_KEY can go. Nobody waits for it. */
function keepDigest(deps: ClientRegistryDeps, secretId: string, digest: Uint8Array): void {
  deps
    .write({ actor: SYSTEM, log: deps.log }, async ({ tx }) => {
      const { clientSecret } = tx.t
      await tx.update(clientSecret).set({ digest }).where(eq(clientSecret.id, secretId))
    })
    .catch((error: unknown) => deps.log.warn('client.digest_not_kept', { err: error }))
}
