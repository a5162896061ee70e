import { aliasedTable, and, count, eq, gt, lte, ne, notExists, or } from 'drizzle-orm'
import type { ReadCtx } from '../db/index.ts'
import type { MfaStatus } from '../kernel/index.ts'
import { isInStatus, type MemberStates, statusAt } from './member-state.ts'

/** The members that an organization had at a moment of the past, as their history tells: the last row before it. */
export function pastMembers({ reader }: ReadCtx, organizationId: string, asOf: Date): MemberStates {
  const { mfaTransition: row, user } = reader.t
  const later = aliasedTable(row, 'later')
  const laterRow = reader
    .select({ id: later.id })
    .from(later)
    .where(
      and(
        eq(later.organizationId, row.organizationId),
        eq(later.userId, row.userId),
        lte(later.at, asOf),
        or(gt(later.at, row.at), and(eq(later.at, row.at), gt(later.id, row.id))),
      ),
    )
  const columns = { status: row.status, deadlineAt: row.deadlineAt }
  const conditions = (status: MfaStatus | undefined, after?: string) =>
    and(
      eq(row.organizationId, organizationId),
      after === undefined ? undefined : gt(row.userId, after),
      lte(row.at, asOf),
      ne(row.status, 'left'),
      status && isInStatus(columns, status, asOf),
      notExists(laterRow),
    )

  return {
    async list({ status, count: limit, after }) {
      const rows = await reader
        .select({
          userId: row.userId,
          email: user.email,
          fullName: user.fullName,
          noted: row.status,
          deadlineAt: row.deadlineAt,
          missing: row.missing,
          policyVersion: row.policyVersion,
        })
        .from(row)
        .leftJoin(user, eq(user.id, row.userId))
        .where(conditions(status, after))
        .orderBy(row.userId)
        .limit(limit)
      return rows.flatMap(({ noted, ...state }) =>
        noted === 'left'
          ? [] // excluded by the query, which the type does not know
          : [{ ...state, status: statusAt(noted, state.deadlineAt, asOf), remindedAt: null }],
      )
    },
    async count(status) {
      const [found] = await reader.select({ members: count() }).from(row).where(conditions(status))
      return found?.members ?? 0
    },
  }
}
