import { and, eq, inArray } from 'drizzle-orm'
import { record } from '../audit/index.ts'
import { createClient } from '../clients/index.ts'
import { setPassword } from '../credentials/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../db/index.ts'
import {
  addDepartmentMember,
  addMember,
  addPrincipalDepartment,
  addPrincipalMember,
  createDepartment,
  createOrganization,
  createPrincipal,
} from '../organizations/index.ts'
import { createUser, findUserByEmail, normalizeEmail, updateUser } from '../users/index.ts'
import { SAMPLE_USERS, type SampleClient, type SampleOrganization, type SampleUser } from './sample-data.ts'

/** The sample users that are not there: whose passwords must be hashed. */
export async function missingUsers(ctx: ReadCtx): Promise<readonly SampleUser[]> {
  const { user } = ctx.reader.t
  const addresses = SAMPLE_USERS.map(({ email }) => normalizeEmail(email))
  const found = await ctx.reader
    .select({ email: user.emailNormalized })
    .from(user)
    .where(inArray(user.emailNormalized, addresses))
  const known = new Set(found.map(({ email }) => email))
  return SAMPLE_USERS.filter(({ email }) => !known.has(email))
}

/** Adds a user with a verified address; false when somebody has it already. */
export async function ensureUser(ctx: WriteCtx, sample: SampleUser, hash: string): Promise<boolean> {
  if (await findUserByEmail(ctx, normalizeEmail(sample.email))) return false
  const { email, fullName } = sample
  const user = await createUser(ctx, { email, fullName, isEmailVerified: true })
  await setPassword(ctx, { userId: user.id, hash })
  const target = { type: 'user', id: user.id }
  await record(ctx, { action: 'user.register', target })
  if (sample.isInstanceAdmin && !user.isInstanceAdmin) {
    await updateUser(ctx, user.id, { isInstanceAdmin: true })
    await record(ctx, { action: 'admin.user.promote', target })
  }
  return true
}

/** Adds what is missing of an organization; false when nothing was. */
export async function ensureOrganization(ctx: WriteCtx, sample: SampleOrganization): Promise<boolean> {
  const people = await userIds(ctx, [sample.owner, ...Object.keys(sample.members)])
  const { organization } = ctx.tx.t
  const [known] = await ctx.tx.select().from(organization).where(eq(organization.slug, sample.slug))
  const { name, slug, description } = sample
  const { id } = known ?? (await createOrganization(ctx, people(sample.owner), { name, slug, description }))

  let isChanged = known === undefined
  for (const [email, role] of Object.entries(sample.members)) {
    if (await ensureMember(ctx, { organizationId: id, userId: people(email), role })) isChanged = true
  }
  // Made with their people in one go: one that is there is complete, or was changed by somebody since.
  const departments = new Map<string, string>()
  for (const department of sample.departments) {
    const { row, isNew } = await ensureDepartment(ctx, id, department)
    departments.set(department.name, row.id)
    if (!isNew) continue
    isChanged = true
    for (const email of department.members) {
      await addDepartmentMember(ctx, { organizationId: id, departmentId: row.id }, people(email))
    }
  }
  for (const principal of sample.principals) {
    if (await hasPrincipal(ctx, id, principal.name)) continue
    isChanged = true
    const row = await createPrincipal(ctx, id, principal)
    const key = { organizationId: id, principalId: row.id }
    for (const email of principal.members) await addPrincipalMember(ctx, key, people(email))
    for (const department of principal.departments) {
      await addPrincipalDepartment(ctx, key, departments.get(department) ?? '')
    }
  }
  return isChanged
}

/** Adds a client of an organization that is there; false when somebody has its id already. */
export async function ensureClient(ctx: WriteCtx, sample: SampleClient): Promise<boolean> {
  const { client, organization } = ctx.tx.t
  if ((await ctx.tx.$count(client, eq(client.id, sample.id))) > 0) return false
  const [owner] = await ctx.tx.select().from(organization).where(eq(organization.slug, sample.organization))
  if (!owner) return false
  const { id, secret, body } = sample
  const given = { id, ...(secret === undefined ? {} : { secret }) }
  await createClient(ctx, { organizationId: owner.id, body, given })
  return true
}

async function userIds(ctx: ReadCtx, emails: readonly string[]): Promise<(email: string) => string> {
  const { user } = ctx.reader.t
  const rows = await ctx.reader
    .select({ id: user.id, email: user.emailNormalized })
    .from(user)
    .where(inArray(user.emailNormalized, [...emails]))
  const ids = new Map<string, string>(rows.map(({ id, email }) => [email, id]))
  return (email) => {
    const id = ids.get(email)
    if (id === undefined) throw new Error(`The sample user ${email} does not exist`)
    return id
  }
}

async function ensureMember(
  ctx: WriteCtx,
  input: { organizationId: string; userId: string; role: SampleOrganization['members'][string] },
): Promise<boolean> {
  const { member, user } = ctx.tx.t
  const { organizationId, userId, role } = input
  const isOne = and(eq(member.organizationId, organizationId), eq(member.userId, userId))
  if ((await ctx.tx.$count(member, isOne)) > 0) return false
  const [row] = await ctx.tx.select().from(user).where(eq(user.id, userId))
  if (!row) return false
  await addMember(ctx, { organizationId, user: row, role })
  return true
}

async function ensureDepartment(
  ctx: WriteCtx,
  organizationId: string,
  { name, description }: SampleOrganization['departments'][number],
): Promise<{ row: Row<'department'>; isNew: boolean }> {
  const { department } = ctx.tx.t
  const [known] = await ctx.tx
    .select()
    .from(department)
    .where(
      and(eq(department.organizationId, organizationId), eq(department.nameNormalized, name.toLowerCase())),
    )
  if (known) return { row: known, isNew: false }
  return { row: await createDepartment(ctx, organizationId, { name, description }), isNew: true }
}

async function hasPrincipal(ctx: ReadCtx, organizationId: string, name: string): Promise<boolean> {
  const { principal } = ctx.reader.t
  const isIt = and(eq(principal.organizationId, organizationId), eq(principal.name, name))
  return (await ctx.reader.$count(principal, isIt)) > 0
}
