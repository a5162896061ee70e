import { z } from 'zod'
import { displayText, GivenId, GivenInstant, Id, Instant, SCOPES } from '../http/index.ts'

export const Session = z
  .object({
    id: Id,
    device_name: z.string().describe('Browser or program, and system'),
    address: z.string().nullable(),
    amr: z.array(z.string()).describe('How it was authenticated (RFC 8176)'),
    acr: z.string().describe('How strongly'),
    authenticated_at: Instant,
    created_at: Instant,
    last_seen_at: Instant.describe('Kept to the minute'),
    expires_at: Instant.describe('When it ends even if it is used; unused it ends earlier'),
    is_remembered: z.boolean(),
    is_current: z.boolean().describe('The session that asks'),
    is_compliance_only: z.boolean(),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

export const ApiKey = z
  .object({
    id: Id,
    name: z.string(),
    hint: z.string().describe('How the key begins'),
    scopes: z.array(z.string()),
    organization_id: Id.nullable().describe('When set, the key works in this organization only'),
    created_at: Instant,
    expires_at: Instant.nullable(),
    last_used_at: Instant.nullable().describe('Kept to the minute'),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof ApiKey>

export const NewApiKey = z
  .object({
    name: displayText(100),
    scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
    expires_at: GivenInstant.optional(),
    organization_id: GivenId.optional(),
  })
  .meta({
    examples: [
      { name: 'Nightly report', scopes: ['organizations:read'], expires_at: '2099-01-01T00:00:00.000Z' },
    ],
  })
export type NewApiKey = z.infer<typeof NewApiKey>
