import type { Config } from '../config/index.ts'
import type { Origin, UnitsOfWork } from '../db/index.ts'
import { validationError } from '../kernel/index.ts'
import { OAuthError } from '../protocol/oauth/index.ts'
import { getClient } from './client.ts'
import type { ClientRegistry } from './registry.ts'
import type { ClientChange, NewClient } from './schema.ts'
import { changeSettings, defaultSettings } from './settings.ts'

/**
 * Throws VALIDATION_ERROR unless the sector identifier that a client has, or is about to have, stands for its
 * redirect URIs. Run before the transaction, which does not wait for somebody else's server.
 */
export async function requireSector(
  deps: UnitsOfWork & { readonly clients: ClientRegistry; readonly config: Config },
  origin: Origin,
  { organizationId, clientId, body }: Subject,
): Promise<void> {
  const current =
    clientId === undefined
      ? defaultSettings(organizationId)
      : await deps.read(origin, (ctx) => getClient(ctx, { organizationId, clientId }))
  try {
    const { metadata } = changeSettings(current, body, { ...deps.config.oidc, organizationId })
    await deps.clients.checkSectorIdentifier(metadata)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    throw validationError({ sector_identifier_uri: [error.message] })
  }
}

interface Subject {
  readonly organizationId: string
  /** Absent for one that is about to be made. */
  readonly clientId?: string
  readonly body: NewClient | ClientChange
}
