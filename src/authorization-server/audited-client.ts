import type { NewAuditEvent } from '../audit/index.ts'
import type { StoredClient } from '../clients/index.ts'

/** What an event about a client says of it: the organization whose it is reads it in its own audit log. */
export const auditedClient = ({
  id,
  organizationId,
}: Pick<StoredClient, 'id' | 'organizationId'>): Pick<NewAuditEvent, 'target' | 'organizationId'> => ({
  target: { type: 'client', id },
  ...(organizationId === null ? {} : { organizationId }),
})
