import { z } from 'zod'
import { AUDIT_ACTIONS, type AuditAction } from './actions.ts'

const OUTCOMES = ['success', 'failure'] as const

/** `org.member.add` belongs to `org.*` and `org.member.*`. */
const familiesOf = (action: AuditAction): readonly string[] =>
  action.split('.').flatMap((_, depth, words) => (depth === 0 ? [] : `${words.slice(0, depth).join('.')}.*`))

const FAMILIES = [...new Set(AUDIT_ACTIONS.flatMap(familiesOf))]

/** Every action that an action filter means: one, or those of a family. */
export const actionsMatching = (filter: string): readonly AuditAction[] =>
  AUDIT_ACTIONS.filter((action) => action === filter || familiesOf(action).includes(filter))

const Time = z.iso.datetime({ offset: true }).meta({ examples: ['2030-01-01T00:00:00Z'] })
const Reference = z.string().min(1).max(255)

/** What an audit log is narrowed down by; all that are given must hold. */
export const AuditFilters = z.object({
  action: z
    .enum([...AUDIT_ACTIONS, ...FAMILIES])
    .optional()
    .describe('An action, or a family of actions as `org.*`'),
  actor: Reference.optional().describe('Who did it: an id'),
  target: Reference.optional().describe('What it was done to: an id'),
  outcome: z.enum(OUTCOMES).optional(),
  from: Time.optional().describe('At or after this time'),
  to: Time.optional().describe('Before this time'),
  address: z.string().min(1).max(64).optional().describe('Client address'),
})
export type AuditFilters = z.infer<typeof AuditFilters>

/** How an audit log is answered: a page in the envelope, or everything that matches as a download. */
export const AuditFormat = z
  .enum(['json', 'ndjson', 'csv'])
  .optional()
  .meta({ default: 'json' })
  .describe('`json` answers one page; `ndjson` and `csv` stream everything that matches')
export type AuditFormat = z.infer<typeof AuditFormat>

/** What an audit log is answered as besides JSON: the media types of the downloads, for the documents. */
export const AUDIT_DOWNLOADS = {
  200: {
    description: 'A page of the log, or everything that matches.',
    content: {
      'application/x-ndjson': { schema: { type: 'string', description: 'An event a line' } },
      'text/csv': { schema: { type: 'string', description: 'RFC 4180, with a header' } },
    },
  },
} as const

/** An audit event on the wire. */
export const AuditEvent = z
  .object({
    id: z.string(),
    at: z.string().meta({ format: 'date-time' }),
    action: z.string(),
    outcome: z.enum(OUTCOMES),
    reason: z.string().nullable(),
    actor: z.object({
      kind: z.enum(['user', 'api_key', 'client', 'system', 'anonymous']),
      id: z.string().nullable().describe('The user behind a session or an API key'),
      credential_id: z.string().nullable().describe('Which session or API key'),
    }),
    target: z.object({ type: z.string(), id: z.string() }).nullable(),
    organization_id: z.string().nullable(),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
    request_id: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEvent' })
export type AuditEvent = z.infer<typeof AuditEvent>
