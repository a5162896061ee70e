import { and, eq, gt, gte, lt } from 'drizzle-orm'
import { plus, type ReadCtx } from '../db/index.ts'
import type { MfaStatus } from '../kernel/index.ts'
import { isInStatus, type MemberStates, statusAt } from './member-state.ts'
import { getSecurityPolicy } from './security-policy.ts'

/** The members of an organization as they are now. Those not yet judged by the present policy are `pending`. */
export async function presentMembers(
  { reader, now, ...ctx }: ReadCtx,
  organizationId: string,
): Promise<MemberStates> {
  const { member, user } = reader.t
  const { version } = await getSecurityPolicy({ ...ctx, reader, now }, organizationId)
  const columns = { status: member.mfaStatus, deadlineAt: member.mfaDeadlineAt }
  const isOfOrganization = eq(member.organizationId, organizationId)
  // As a sum, it is compared without the index on it: that one has the members in another order than the pages.
  const judgedBy = plus(member.mfaPolicyVersion, 0)
  const isInPresent = (status: MfaStatus) =>
    status === 'pending'
      ? lt(judgedBy, version)
      : and(gte(judgedBy, version), isInStatus(columns, status, now))

  return {
    async list({ status, count, after }) {
      const rows = await reader
        .select({
          userId: member.userId,
          email: user.email,
          fullName: user.fullName,
          noted: member.mfaStatus,
          deadlineAt: member.mfaDeadlineAt,
          missing: member.mfaMissing,
          remindedAt: member.mfaRemindedAt,
          policyVersion: member.mfaPolicyVersion,
        })
        .from(member)
        .innerJoin(user, eq(user.id, member.userId))
        .where(
          and(
            isOfOrganization,
            after === undefined ? undefined : gt(member.userId, after),
            status && isInPresent(status),
          ),
        )
        .orderBy(member.userId)
        .limit(count)
      return rows.map(({ noted, ...row }) => ({
        ...row,
        status: row.policyVersion < version ? 'pending' : statusAt(noted, row.deadlineAt, now),
      }))
    },
    count: (status) => reader.$count(member, and(isOfOrganization, isInPresent(status))),
  }
}
