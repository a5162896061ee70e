import type { NewAuditEvent } from '../audit/index.ts'
import type { StoredClient } from '../clients/index.ts'

type Owned = Pick<StoredClient, 'organizationId'>

/** The organization that reads of it in its own audit log: the one whose the client is. */
export const auditedFor = ({ organizationId }: Owned): Pick<NewAuditEvent, 'organizationId'> =>
  organizationId === null ? {} : { organizationId }

/** What an event about a client says of it. */
export const auditedClient = (
  client: Owned & Pick<StoredClient, 'id'>,
): Pick<NewAuditEvent, 'target' | 'organizationId'> => ({
  target: { type: 'client', id: client.id },
  ...auditedFor(client),
})
