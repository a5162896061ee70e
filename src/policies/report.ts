import { encodeCsvRow, streamOf } from '../audit/index.ts'
import type { ReadCtx } from '../db/index.ts'
import { type HttpDeps, type RequestOrigin, readPage, success } from '../http/index.ts'
import { MFA_STATUSES, type MfaStatus, validationError } from '../kernel/index.ts'
import type { MemberState, MemberStates } from './member-state.ts'
import { pastMembers } from './past-members.ts'
import { presentMembers } from './present-members.ts'
import type { MemberCompliance, ReportQuery } from './schema.ts'
import { memberComplianceView } from './views.ts'

const CSV_BATCH = 500

/** Of which organization, and when: at a moment of the past, or else now. */
interface Scope {
  readonly organizationId: string
  readonly asOf: Date | undefined
}

/**
 * How far the members of an organization comply, or did: a page with counts of all, or everything as a download.
 * Throws VALIDATION_ERROR for a moment that is still to come.
 */
export function answerReport(
  deps: HttpDeps,
  origin: RequestOrigin,
  { organizationId, query }: { organizationId: string; query: ReportQuery },
) {
  const scope = { organizationId, asOf: pastMoment(query.as_of, deps.clock.now()) }
  return query.format === 'csv'
    ? downloadReport(deps, origin, { scope, status: query.status })
    : readReportPage(deps, origin, { scope, query })
}

/** Nothing happened before 1970, and not every database knows the year 0. */
function pastMoment(text: string | undefined, now: Date): Date | undefined {
  if (text === undefined) return undefined
  const moment = new Date(Math.max(0, Date.parse(text)))
  if (moment > now) throw validationError({ as_of: ['must not be in the future'] })
  return moment
}

const membersOf = async (ctx: ReadCtx, { organizationId, asOf }: Scope): Promise<MemberStates> =>
  asOf === undefined ? presentMembers(ctx, organizationId) : pastMembers(ctx, organizationId, asOf)

async function readReportPage(
  deps: HttpDeps,
  origin: RequestOrigin,
  { scope, query }: { scope: Scope; query: ReportQuery },
) {
  const list = `mfa-compliance:${scope.organizationId}:${scope.asOf?.toISOString() ?? 'now'}`
  return deps.read(origin, async (ctx) => {
    const members = await membersOf(ctx, scope)
    const options = { cursors: deps.cursors, list, query, key: ({ userId }: MemberState) => [userId] }
    const page = await readPage(options, (count, after) =>
      members.list({ status: query.status, count, after: after && String(after[0]) }),
    )
    const data = {
      as_of: (scope.asOf ?? ctx.now).toISOString(),
      counts: await countByStatus(members),
      members: page.rows.map(memberComplianceView),
    }
    return success(origin, data, { meta: page.meta })
  })
}

async function countByStatus(members: MemberStates): Promise<Record<MfaStatus, number>> {
  const counts: [MfaStatus, number][] = []
  for (const status of MFA_STATUSES) counts.push([status, await members.count(status)])
  return Object.fromEntries(counts) as Record<MfaStatus, number>
}

/** Read while it is sent: memory does not grow with it. */
function downloadReport(
  deps: HttpDeps,
  origin: RequestOrigin,
  { scope, status }: { scope: Scope; status: MfaStatus | undefined },
): Response {
  async function* lines() {
    yield encodeCsvRow(CSV_COLUMNS.map(([name]) => name))
    for (let after: string | undefined; ; ) {
      const rows = await deps.read(origin, async (ctx) =>
        (await membersOf(ctx, scope)).list({ status, count: CSV_BATCH, after }),
      )
      const records = rows.map(memberComplianceView)
      yield records.map((record) => encodeCsvRow(CSV_COLUMNS.map(([, cell]) => cell(record)))).join('')
      if (rows.length < CSV_BATCH) return
      after = rows.at(-1)?.userId
    }
  }
  const day = (scope.asOf ?? deps.clock.now()).toISOString().slice(0, 10)
  return new Response(streamOf(lines(), origin), {
    headers: {
      'Content-Type': 'text/csv; charset=utf-8; header=present', // RFC 4180 §3
      'Content-Disposition': `attachment; filename="mfa-compliance-${day}.csv"`,
    },
  })
}

const CSV_COLUMNS: readonly (readonly [name: string, cell: (member: MemberCompliance) => string | null])[] = [
  ['user_id', (member) => member.user_id],
  ['email', ({ email }) => email],
  ['full_name', (member) => member.full_name],
  ['status', ({ status }) => status],
  ['deadline_at', (member) => member.deadline_at],
  ['missing_methods', (member) => member.missing_methods.join(' ')],
  ['last_reminder_at', (member) => member.last_reminder_at],
  ['policy_version', (member) => String(member.policy_version)],
]
