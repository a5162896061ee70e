import type { Row } from '../db/index.ts'
import { type CallerSession, instant, instantOrNull } from '../http/index.ts'
import type { ApiKey, Session } from './schema.ts'

export const sessionView = (
  row: CallerSession,
  shownTo: { currentId: string | undefined; isComplianceOnly: boolean },
): Session => ({
  id: row.id,
  device_name: row.deviceName,
  address: row.address,
  amr: [...row.amr],
  acr: row.acr,
  authenticated_at: instant(row.authenticatedAt),
  created_at: instant(row.createdAt),
  last_seen_at: instant(row.lastSeenAt),
  expires_at: instant(row.expiresAt),
  is_remembered: row.isRemembered,
  is_current: row.id === shownTo.currentId,
  is_compliance_only: row.isComplianceOnly || shownTo.isComplianceOnly,
})

export const apiKeyView = (row: Row<'apiKey'>): ApiKey => ({
  id: row.id,
  name: row.name,
  hint: row.hint,
  scopes: [...row.scopes],
  organization_id: row.organizationId,
  created_at: instant(row.createdAt),
  expires_at: instantOrNull(row.expiresAt),
  last_used_at: instantOrNull(row.lastUsedAt),
})
