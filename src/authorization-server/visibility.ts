import type { StoredClient } from '../clients/index.ts'
import type { Row } from '../db/index.ts'

/** Whether a client may know of an access token: it is its own, or meant for a resource of its. RFC 7662 §4 */
export const isVisible = (
  client: Pick<StoredClient, 'id' | 'audiences'>,
  token: Pick<Row<'accessToken'>, 'clientId' | 'audience'>,
): boolean =>
  token.clientId === client.id || token.audience.some((resource) => client.audiences.includes(resource))
