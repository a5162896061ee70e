import { heldAudiences, isOwnResource, type StoredClient } from '../clients/index.ts'
import type { Config } from '../config/index.ts'
import type { Row } from '../db/index.ts'

/**
 * Whether a client may know of an access token: it is its own, or meant for a resource of its that is its
 * organization's. Whatever it lists, this server's own is none. RFC 7662 §4
 */
export const isVisible = (
  client: Pick<StoredClient, 'id' | 'organizationId' | 'audiences' | 'foreignAudiences'>,
  token: Pick<Row<'accessToken'>, 'clientId' | 'audience'>,
  config: Config,
): boolean =>
  token.clientId === client.id ||
  heldAudiences(client).some(
    (resource) => token.audience.includes(resource) && !isOwnResource(resource, config),
  )
