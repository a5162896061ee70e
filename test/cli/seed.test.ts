import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { SAMPLE_CLIENTS, SAMPLE_USERS } from '../../src/cli/sample-data.ts'
import { openDatabase, type Reader } from '../../src/db/index.ts'
import { systemRandom } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { commandLine } from './command.ts'

/** Who is in which organization, as `slug email role`. */
async function memberships({ select, t: { member, organization, user } }: Reader): Promise<string[]> {
  const rows = await select({ slug: organization.slug, email: user.email, role: member.role })
    .from(member)
    .innerJoin(organization, eq(organization.id, member.organizationId))
    .innerJoin(user, eq(user.id, member.userId))
  return rows.map(({ slug, email, role }) => `${slug} ${email} ${role}`).sort()
}

async function rowCounts({ $count, t }: Reader): Promise<Record<string, number>> {
  const names = [
    'user',
    'organization',
    'member',
    'department',
    'principal',
    'departmentMember',
    'client',
  ] as const
  const counted = await Promise.all(
    [...names, 'auditEvent' as const].map(async (name) => [name, await $count(t[name])] as const),
  )
  return Object.fromEntries(counted)
}

describe.each(testDialects)('seed on $name', (dialect) => {
  test('loads the organizations and people of the documents, verified and with their roles', async () => {
    await using opened = await dialect.open()
    await using authy2 = commandLine({ DATABASE_URL: opened.url })
    const { status, output, notes } = await authy2.run(['seed'])
    expect(status).toBe(0)
    expect(notes).toContain('Users added: 12')
    expect(output).toContain('bob@acme-corp.com / UserPass123!')

    const { reader } = opened.database
    expect(await memberships(reader)).toEqual([
      'acme-corp admin@acme-corp.com owner',
      'acme-corp bob@acme-corp.com member',
      'acme-corp carol@acme-corp.com admin',
      'acme-corp charlie@cross-org.com guest',
      'acme-corp david@acme-corp.com member',
      'acme-corp eve@acme-corp.com member',
      'data-systems admin@acme-corp.com owner',
      'data-systems iris@data-systems.com member',
      'data-systems jack@data-systems.com member',
      'tech-startup charlie@cross-org.com member',
      'tech-startup frank@tech-startup.com admin',
      'tech-startup grace@tech-startup.com member',
      'tech-startup henry@tech-startup.com member',
      'tech-startup superadmin@acme-corp.com owner',
    ])
    const users = await reader.select().from(reader.t.user)
    expect(users).toHaveLength(SAMPLE_USERS.length)
    expect(users.filter((user) => user.emailVerifiedAt === null)).toEqual([])
    expect(users.filter((user) => user.isInstanceAdmin).map((user) => user.email)).toEqual([
      'superadmin@acme-corp.com',
    ])
    expect(await reader.$count(reader.t.department)).toBe(2)
    expect(await reader.$count(reader.t.principal)).toBe(3)
  })

  test('lets each of them sign in with the published password', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    await authy2.run(['seed'])
    for (const { email, password } of SAMPLE_USERS) {
      const answer = await t.call('POST', '/auth/login', { body: { email, password } })
      expect([email, answer.status]).toEqual([email, 200])
    }
  })

  test('registers applications whose published secrets are taken', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url, SECRET_KEY: t.deps.config.secretKeys.join() })
    const { notes } = await authy2.run(['seed'])
    expect(notes).toContain(
      'Applications added: acme-portal-001, acme-mobile-001, tech-dashboard-001, data-analytics-001',
    )
    for (const { id, secret, body } of SAMPLE_CLIENTS) {
      const client = await t.deps.clients.find(id)
      if (!client) throw new Error(`${id} is not there`)
      expect(client.metadata.redirect_uris).toEqual(body.redirect_uris ?? [])
      if (secret === undefined) expect(client.metadata.token_endpoint_auth_method).toBe('none')
      else expect(t.deps.clients.isSecret(client, secret)).toBe(true)
    }
  })

  test('changes nothing the second time, and says so', async () => {
    await using opened = await dialect.open()
    await using authy2 = commandLine({ DATABASE_URL: opened.url })
    await authy2.run(['seed'])
    const before = await rowCounts(opened.database.reader)
    const { status, notes } = await authy2.run(['seed'])
    expect(status).toBe(0)
    expect(notes).toBe('The sample data is there already.')
    expect(await rowCounts(opened.database.reader)).toEqual(before)
  })

  test('adds what is missing and leaves what was changed', async () => {
    await using opened = await dialect.open()
    await using authy2 = commandLine({ DATABASE_URL: opened.url })
    await authy2.run(['seed'])
    await opened.database.transaction(async (tx) => {
      const { user, department } = tx.t
      await tx.update(user).set({ fullName: 'Robert' }).where(eq(user.email, 'bob@acme-corp.com'))
      await tx.delete(user).where(eq(user.email, 'jack@data-systems.com'))
      await tx.delete(department).where(eq(department.name, 'Operations'))
    })
    const { notes } = await authy2.run(['seed'])
    expect(notes).toContain('Users added: 1')
    expect(notes).toContain('Organizations completed: acme-corp, data-systems')
    const { reader } = opened.database
    const { user } = reader.t
    const [bob] = await reader.select().from(user).where(eq(user.email, 'bob@acme-corp.com'))
    expect(bob?.fullName).toBe('Robert')
    expect(await memberships(reader)).toContain('data-systems jack@data-systems.com member')
    expect(await reader.$count(reader.t.department)).toBe(2)
  })

  test('makes its administrator one, and nobody else, also where somebody was first', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    const { user: first } = await t.signedIn({ email: 'first@example.com' })
    expect(first.isInstanceAdmin).toBe(true)
    await authy2.run(['seed'])
    const { reader } = t.deps.database
    const admins = await reader.select().from(reader.t.user).where(eq(reader.t.user.isInstanceAdmin, true))
    expect(admins.map(({ email }) => email).sort()).toEqual(['first@example.com', 'superadmin@acme-corp.com'])
  })

  test('records what it did', async () => {
    await using opened = await dialect.open()
    await using authy2 = commandLine({ DATABASE_URL: opened.url })
    await authy2.run(['seed'])
    const { reader } = opened.database
    const events = await reader.select().from(reader.t.auditEvent)
    expect(events.filter(({ action }) => action === 'user.register')).toHaveLength(SAMPLE_USERS.length)
    expect(events.filter(({ action }) => action === 'org.create')).toHaveLength(3)
    expect(new Set(events.map(({ actorKind }) => actorKind))).toEqual(new Set(['system']))
  })
})

describe('a production configuration', () => {
  const PRODUCTION = {
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://id.example.com',
    SECRET_KEY: 'u8Kq2vXn7wPz4RbT9cYd1FgH5jLm3sQe6ZaVxW0oNiU',
    ENCRYPTION_KEY: 'b3Ws8Zk1Lq6Yv0Nf5Xt9Rm2Hc7Jd4Gp1Ua6EoTiQyVw',
    PASSWORD_HASH: 'argon2id',
    BCRYPT_LOG_ROUNDS: '12',
  }

  test('is refused, before anything is opened', async () => {
    await using authy2 = commandLine(PRODUCTION)
    const { status, notes } = await authy2.run(['seed'])
    expect(status).toBe(1)
    expect(notes).toContain('authy2 seed --force')
    expect(await Bun.file(`${authy2.folder}/authy2.db`).exists()).toBe(false)
  })

  test('is seeded when forced', async () => {
    await using authy2 = commandLine(PRODUCTION)
    expect((await authy2.run(['seed', '--force'])).status).toBe(0)
    const database = openDatabase({ kind: 'sqlite', path: `${authy2.folder}/authy2.db` }, systemRandom)
    expect(await database.reader.$count(database.reader.t.user)).toBe(SAMPLE_USERS.length)
    await database.close()
  })
})
