import { and, eq } from 'drizzle-orm'
import type { Row } from '../../src/db/index.ts'
import { DAY } from '../../src/kernel/index.ts'
import { type Counts, evaluateDue, evaluateUser } from '../../src/policies/index.ts'
import type { Tenant } from '../organizations/tenant.ts'
import { anotherSession } from '../profile/people.ts'
import type { Answer, TestServer } from '../support/server.ts'

export const YUBIKEY = 'ee882879-721c-4913-9775-3dfcce97072a'
export const OTHER_MODEL = '08987058-cadc-4b81-b6e1-30de50dcbe96'

/** Changes a policy from its present version, as its owner, and has everybody judged by it. */
export async function setPolicy(t: TestServer, tenant: Tenant, change: object): Promise<Answer> {
  const { token } = await anotherSession(t, tenant.owner.user.id)
  const now = await t.call('GET', tenant.path('/security-policy'), { token })
  const { policy_version } = now.body.data.policy
  const body = { policy_version, ...change }
  const answer = await t.call('PUT', tenant.path('/security-policy'), { token, body })
  if (answer.status !== 200) throw new Error(`No policy: ${JSON.stringify(answer.body)}`)
  await t.deps.outbox.runOnce()
  return answer
}

/** As the owner, whose session may have ended by now. */
export async function setOverride(
  t: TestServer,
  tenant: Tenant,
  userId: string,
  change: object,
): Promise<Answer> {
  const { token } = await anotherSession(t, tenant.owner.user.id)
  const body = { reason: 'A test', ...change }
  return t.call('PATCH', tenant.path(`/users/${userId}/security-policy`), { token, body })
}

/** Lets days pass, six hours at a time, with the job that runs in between. Returns what it did in all. */
export async function passDays(t: TestServer, days: number): Promise<Counts> {
  const all = { judged: 0, changed: 0, reminded: 0 }
  for (let quarter = 0; quarter < days * 4; quarter++) {
    t.clock.advance(DAY / 4)
    const counts = await evaluateDue(t.deps)
    all.judged += counts.judged
    all.changed += counts.changed
    all.reminded += counts.reminded
  }
  await t.deps.outbox.runOnce()
  return all
}

/** An authenticator app that is verified: the row, and what enrolling it sets off. */
export const addTotp = (t: TestServer, userId: string): Promise<void> =>
  t.write(async (ctx) => {
    await ctx.tx.insert(ctx.tx.t.totpCredential).values({
      userId,
      secret: new Uint8Array(20),
      lastStep: 0,
      createdAt: ctx.now,
      verifiedAt: ctx.now,
      lastUsedAt: null,
    })
    await evaluateUser(ctx, userId)
  })

export const addKey = (
  t: TestServer,
  userId: string,
  { aaguid = YUBIKEY, isAttested = true }: { aaguid?: string; isAttested?: boolean } = {},
): Promise<string> =>
  t.write(async (ctx) => {
    const id = ctx.newId()
    await ctx.tx.insert(ctx.tx.t.webauthnCredential).values({
      id,
      userId,
      credentialId: id,
      publicKey: new Uint8Array(77),
      signCount: 0,
      transports: [],
      aaguid,
      isAttested,
      isMultiDevice: false,
      isBackedUp: false,
      isDiscoverable: null,
      name: 'A key',
      createdAt: ctx.now,
      lastUsedAt: null,
    })
    await evaluateUser(ctx, userId)
    return id
  })

/** As an administrator resets them. */
export const removeFactors = (t: TestServer, userId: string): Promise<void> =>
  t.write(async (ctx) => {
    const { totpCredential, webauthnCredential } = ctx.tx.t
    await ctx.tx.delete(totpCredential).where(eq(totpCredential.userId, userId))
    await ctx.tx.delete(webauthnCredential).where(eq(webauthnCredential.userId, userId))
    await evaluateUser(ctx, userId)
  })

export async function memberOf(t: TestServer, tenant: Tenant, userId: string): Promise<Row<'member'>> {
  const [row] = await t.read(({ reader }) => {
    const { member } = reader.t
    return reader
      .select()
      .from(member)
      .where(and(eq(member.organizationId, tenant.id), eq(member.userId, userId)))
  })
  if (!row) throw new Error('No such member')
  return row
}

/** The status that a member's row says, with the days from `since` to the deadline. */
export async function statusOf(
  t: TestServer,
  tenant: Tenant,
  userId: string,
  since: Date,
): Promise<[status: string, deadlineDays: number | null]> {
  const { mfaStatus, mfaDeadlineAt } = await memberOf(t, tenant, userId)
  const days = mfaDeadlineAt && (mfaDeadlineAt.getTime() - since.getTime()) / 1000 / DAY
  return [mfaStatus, days]
}

/** Subjects of the reminders that have reached an address, oldest first. */
export const remindersTo = (t: TestServer, address: string): string[] =>
  (t.deps.mailer.mailbox?.list() ?? [])
    .filter(({ to, link }) => to === address && link?.endsWith('/enrol'))
    .map(({ subject }) => subject)
    .reverse()
