import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { withPasskey, withTotp } from '../authentication/factors.ts'
import { heldTokens, NO_TOKENS, plantTokens } from '../authorization-server/held-tokens.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { commandLine } from './command.ts'

const GOOD = 'quiet-Harbour-71-lantern'
const OTHER = 'brave-Meadow-28-violin'

const signIn = (t: TestServer, email: string, password: string) =>
  t.call('POST', '/auth/login', { body: { email, password } })

async function userOf({ deps }: TestServer, email: string) {
  const { select, t } = deps.database.reader
  const [row] = await select().from(t.user).where(eq(t.user.email, email))
  return row
}

const actions = async ({ deps }: TestServer): Promise<string[]> => {
  const { select, t } = deps.database.reader
  return (await select().from(t.auditEvent)).map(({ action }) => action)
}

describe.each(testDialects)('admin create on $name', (dialect) => {
  test('adds a verified instance administrator, who can sign in', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    await t.signedIn() // the first user, so that being an administrator is not owed to being first
    const { status, output, notes } = await authy2.run(
      ['admin', 'create', 'ada@example.com', '--name', 'Ada Lovelace', '--password-stdin'],
      { input: `${GOOD}\n` },
    )
    expect({ status, output }).toEqual({ status: 0, output: '' })
    expect(notes).toBe('ada@example.com is an instance administrator.')
    expect(await userOf(t, 'ada@example.com')).toMatchObject({
      isInstanceAdmin: true,
      fullName: 'Ada Lovelace',
      emailVerifiedAt: expect.any(Date),
    })
    expect((await signIn(t, 'ada@example.com', GOOD)).status).toBe(200)
    expect(await actions(t)).toContain('admin.user.promote')
  })

  test('makes up a password where none is given, and prints it once', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    const { output } = await authy2.run(['admin', 'create', 'ada@example.com'])
    const [, password = ''] = /^Password: (\S{24})$/.exec(output) ?? []
    expect((await signIn(t, 'ada@example.com', password)).status).toBe(200)
  })

  test('asks a person twice', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    const words = ['admin', 'create', 'ada@example.com']
    const slip = await authy2.run(words, { answers: [GOOD, OTHER] })
    expect(slip.status).toBe(1)
    expect(slip.notes).toContain('two different passwords')
    expect(await userOf(t, 'ada@example.com')).toBeUndefined()

    const { status, output } = await authy2.run(words, { answers: [GOOD, GOOD] })
    expect({ status, output }).toEqual({ status: 0, output: '' })
    expect((await signIn(t, 'ada@example.com', GOOD)).status).toBe(200)
    const empty = await authy2.run(['admin', 'create', 'grace@example.com'], { answers: [''] })
    expect(empty.output).toStartWith('Password: ')
  })

  test('refuses a weak password, an empty one, an address that is none and one that is taken', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    await t.signedIn({ email: 'taken@example.com' })
    const create = (email: string, input: string) =>
      authy2.run(['admin', 'create', email, '--password-stdin'], { input })
    for (const [email, input, complaint] of [
      ['ada@example.com', 'short', 'at least 8 characters'],
      ['ada@example.com', 'password123', 'will not do'],
      ['ada@example.com', '\n', 'no password on standard input'],
      ['ada', GOOD, 'not an e-mail address'],
      ['TAKEN@example.com', GOOD, 'authy2 admin promote'],
    ] as const) {
      const { status, notes, output } = await create(email, input)
      expect([email, status, output]).toEqual([email, 1, ''])
      expect(notes).toContain(complaint)
    }
    expect(await t.deps.database.reader.$count(t.deps.database.reader.t.user)).toBe(1)
  })
})

describe.each(testDialects)('admin promote on $name', (dialect) => {
  test('makes a user an administrator; twice is as good as once', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    await t.signedIn()
    const { user } = await t.signedIn({ email: 'bob@example.com' })
    expect(user.isInstanceAdmin).toBe(false)
    expect((await authy2.run(['admin', 'promote', 'Bob@Example.com'])).notes).toContain('is now')
    expect((await userOf(t, 'bob@example.com'))?.isInstanceAdmin).toBe(true)
    expect((await authy2.run(['admin', 'promote', 'bob@example.com'])).notes).toContain('is already')
    expect((await actions(t)).filter((action) => action === 'admin.user.promote')).toHaveLength(1)
  })

  test('knows nobody of that address, and does not promote who is suspended', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    const unknown = await authy2.run(['admin', 'promote', 'nobody@example.com'])
    expect(unknown.status).toBe(1)
    expect(unknown.notes).toContain('authy2 admin create nobody@example.com')

    await t.signedIn()
    const { user } = await t.signedIn({ email: 'bob@example.com' })
    await t.deps.database.transaction(async (tx) => {
      await tx.update(tx.t.user).set({ status: 'suspended' }).where(eq(tx.t.user.id, user.id))
    })
    expect((await authy2.run(['admin', 'promote', 'bob@example.com'])).status).toBe(1)
    expect((await userOf(t, 'bob@example.com'))?.isInstanceAdmin).toBe(false)
  })
})

describe.each(testDialects)('admin reset-password on $name', (dialect) => {
  test('replaces the password and ends every session and what applications hold', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    await authy2.run(['admin', 'create', 'ada@example.com', '--password-stdin'], { input: GOOD })
    const { body } = await signIn(t, 'ada@example.com', GOOD)
    const { token, user } = body.data
    await plantTokens(t, user.id)

    const { status, notes } = await authy2.run(
      ['admin', 'reset-password', 'ada@example.com', '--password-stdin'],
      {
        input: OTHER,
      },
    )
    expect(status).toBe(0)
    expect(notes).toContain('1 session(s) ended')
    expect((await t.call('GET', '/auth/me', { token })).status).toBe(401)
    expect(await heldTokens(t, user.id)).toEqual(NO_TOKENS)
    expect((await signIn(t, 'ada@example.com', GOOD)).status).toBe(401)
    expect((await signIn(t, 'ada@example.com', OTHER)).status).toBe(200)
    expect(await actions(t)).toContain('admin.user.password_reset')
  })

  test('refuses a weak password and leaves the old one', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    await authy2.run(['admin', 'create', 'ada@example.com', '--password-stdin'], { input: GOOD })
    const words = ['admin', 'reset-password', 'ada@example.com', '--password-stdin']
    expect((await authy2.run(words, { input: 'short' })).status).toBe(1)
    expect((await signIn(t, 'ada@example.com', GOOD)).status).toBe(200)
    expect((await authy2.run(['admin', 'reset-password', 'nobody@example.com'])).status).toBe(1)
  })
})

describe.each(testDialects)('admin reset-mfa on $name', (dialect) => {
  test('removes every second factor and ends every session, twice as well as once', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    await authy2.run(['admin', 'create', 'ada@example.com', '--password-stdin'], { input: GOOD })
    const { token } = (await signIn(t, 'ada@example.com', GOOD)).body.data
    const ada = await userOf(t, 'ada@example.com')
    if (!ada) throw new Error('No Ada')
    await withTotp(t, ada)
    await withPasskey(t, ada)
    expect((await signIn(t, 'ada@example.com', GOOD)).body.data.mfa_required).toBe(true)

    const { status, notes } = await authy2.run(['admin', 'reset-mfa', 'Ada@example.com'])
    expect(status).toBe(0)
    expect(notes).toContain('an authenticator app and 1 passkey(s); 1 session(s) ended')
    expect((await t.call('GET', '/auth/me', { token })).status).toBe(401)
    expect((await signIn(t, 'ada@example.com', GOOD)).body.data.mfa_required).toBe(false)
    expect((await actions(t)).filter((action) => action === 'admin.user.mfa_reset')).toHaveLength(1)
    await t.write((ctx) => ctx.tx.delete(ctx.tx.t.session))
    const mails = () => t.read(({ reader }) => reader.$count(reader.t.outboxMessage))
    const before = await mails()
    expect((await authy2.run(['admin', 'reset-mfa', 'ada@example.com'])).status).toBe(0)
    expect((await actions(t)).filter((action) => action === 'admin.user.mfa_reset')).toHaveLength(1)
    expect(await mails()).toBe(before)
  })

  test('knows nobody of that address', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    const { status, notes } = await authy2.run(['admin', 'reset-mfa', 'nobody@example.com'])
    expect(status).toBe(1)
    expect(notes).toContain('nobody@example.com')
  })
})
