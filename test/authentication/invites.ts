import type { Row } from '../../src/db/index.ts'
import { addSeconds, createToken, DAY, type Role, sha256 } from '../../src/kernel/index.ts'
import { createUser, normalizeEmail } from '../../src/users/index.ts'
import type { TestServer } from '../support/server.ts'

/** An invite to a new organization, and the token that its mail carries. */
export const invite = (
  t: TestServer,
  input: { email: string; organization?: string; role?: Exclude<Role, 'owner'> },
): Promise<{ organization: Row<'organization'>; token: string }> =>
  t.write(async (ctx) => {
    const owner = await createUser(ctx, { email: `${ctx.newId()}@example.com`, isEmailVerified: true })
    const id = ctx.newId()
    const organization = {
      id,
      slug: id,
      name: input.organization ?? 'Acme Corporation',
      description: null,
      logoUrl: null,
      accentColor: null,
      createdAt: ctx.now,
      updatedAt: ctx.now,
    }
    const token = createToken('invite', ctx.random)
    await ctx.tx.insert(ctx.tx.t.organization).values(organization)
    await ctx.tx.insert(ctx.tx.t.invite).values({
      id: ctx.newId(),
      organizationId: organization.id,
      email: input.email,
      emailNormalized: normalizeEmail(input.email),
      role: input.role ?? 'member',
      departmentIds: [],
      digest: sha256(token),
      invitedBy: owner.id,
      createdAt: ctx.now,
      sentAt: ctx.now,
      expiresAt: addSeconds(ctx.now, 7 * DAY),
    })
    return { organization, token }
  })
