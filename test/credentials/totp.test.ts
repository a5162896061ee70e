import { Database as SqliteFile } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import {
  enrolTotp,
  findTotp,
  removeTotp,
  spendBackupCode,
  spendTotpCode,
  verifyTotpEnrolment,
} from '../../src/credentials/index.ts'
import type { Row } from '../../src/db/index.ts'
import { createUser } from '../../src/users/index.ts'
import { codeAt, decodeBase32, wrongCodeAt } from '../support/authenticator-app.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'

const userOf = (t: TestServer, email = 'alice@example.com') => t.write((ctx) => createUser(ctx, { email }))
const enrol = (t: TestServer, user: Row<'user'>) =>
  t.write((ctx) => enrolTotp(ctx, { user, issuer: 'id.example.com' }))
/** The backup codes; undefined for a wrong code. */
const verify = async (t: TestServer, userId: string, code: string) =>
  (await t.write((ctx) => verifyTotpEnrolment(ctx, { userId, code })))?.backupCodes
const spend = (t: TestServer, userId: string, code: string) =>
  t.write((ctx) => spendTotpCode(ctx, { userId, code }))
const find = (t: TestServer, userId: string) => t.read((ctx) => findTotp(ctx, userId))

/** The code of now, or of so many steps from now. */
const code = (t: TestServer, secret: string, ahead = 0) =>
  codeAt(secret, new Date(t.clock.now().getTime() + ahead * 30_000))

/** A user whose app counts, two minutes after its enrolment. */
async function withApp(t: TestServer, email?: string) {
  const user = await userOf(t, email)
  const { secret } = await enrol(t, user)
  const backupCodes = await verify(t, user.id, code(t, secret))
  if (!backupCodes) throw new Error('The code of now was refused')
  t.clock.advance(120)
  return { user, userId: user.id, secret, backupCodes }
}

describe.each(testDialects)('an authenticator app on $name', (dialect) => {
  test('is enrolled by its first code, which brings ten backup codes', async () => {
    await using t = await testServer({ dialect })
    const user = await userOf(t)
    const { secret, otpauthUri } = await enrol(t, user)
    expect(decodeBase32(secret)).toHaveLength(20)
    expect(otpauthUri).toStartWith(`otpauth://totp/id.example.com:alice%40example.com?secret=${secret}&`)
    expect(await find(t, user.id)).toEqual({ createdAt: t.clock.now(), verifiedAt: null, lastUsedAt: null })
    const codes = await verify(t, user.id, code(t, secret))
    expect(codes).toHaveLength(10)
    expect(await find(t, user.id)).toMatchObject({ verifiedAt: t.clock.now(), lastUsedAt: null })
  })

  test('does not count before', async () => {
    await using t = await testServer({ dialect })
    const user = await userOf(t)
    const { secret } = await enrol(t, user)
    expect(await spend(t, user.id, code(t, secret))).toBe(false)
    expect(await verify(t, user.id, wrongCodeAt(secret, t.clock.now()))).toBeUndefined()
    expect(await find(t, user.id)).toMatchObject({ verifiedAt: null })
  })

  test('may be enrolled anew while it does not count: the last secret is the one', async () => {
    await using t = await testServer({ dialect })
    const user = await userOf(t)
    const first = await enrol(t, user)
    const second = await enrol(t, user)
    expect(second.secret).not.toBe(first.secret)
    expect(await verify(t, user.id, code(t, first.secret))).toBeUndefined()
    expect(await verify(t, user.id, code(t, second.secret))).toHaveLength(10)
  })

  test('counts until a code of the one comes back that replaces it, and no longer', async () => {
    await using t = await testServer({ dialect })
    const { user, userId, secret, backupCodes } = await withApp(t)
    await expect(verify(t, userId, code(t, secret))).rejects.toMatchObject({ type: 'BAD_REQUEST' })
    const next = await enrol(t, user)
    expect(await verify(t, userId, code(t, secret, 1))).toBeUndefined()
    expect(await spend(t, userId, code(t, next.secret))).toBe(false)
    expect(await spend(t, userId, code(t, secret))).toBe(true)
    const renewed = await verify(t, userId, code(t, next.secret))
    expect(renewed).toHaveLength(10)
    expect(await find(t, userId)).toMatchObject({ verifiedAt: t.clock.now(), lastUsedAt: null })
    t.clock.advance(60)
    expect(await spend(t, userId, code(t, secret))).toBe(false)
    expect(await spend(t, userId, code(t, next.secret))).toBe(true)
    const [old = ''] = backupCodes
    expect(await t.write((ctx) => spendBackupCode(ctx, { userId, code: old }))).toBeUndefined()
  })

  test('is one of the two, whatever happens at the moment when it is replaced', async () => {
    await using t = await testServer({ dialect })
    const { user, userId, secret } = await withApp(t)
    const next = await enrol(t, user)
    const [, renewed] = await Promise.all([
      spend(t, userId, code(t, secret)),
      verify(t, userId, code(t, next.secret)),
    ])
    expect(renewed).toHaveLength(10)
    t.clock.advance(60)
    expect(await spend(t, userId, code(t, secret))).toBe(false)
    expect(await spend(t, userId, code(t, next.secret))).toBe(true)
  })

  test('is not verified without an enrolment', async () => {
    await using t = await testServer({ dialect })
    const user = await userOf(t)
    await expect(verify(t, user.id, '123456')).rejects.toMatchObject({ type: 'BAD_REQUEST' })
  })

  test('of twenty verifications at once one finishes the enrolment', async () => {
    await using t = await testServer({ dialect })
    const user = await userOf(t)
    const { secret } = await enrol(t, user)
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, () => verify(t, user.id, code(t, secret))),
    )
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await t.read((ctx) => ctx.reader.$count(ctx.reader.t.backupCode))).toBe(10)
  })

  test('of twenty enrolments at once the secret of one counts', async () => {
    await using t = await testServer({ dialect })
    const user = await userOf(t)
    const enrolments = await Promise.all(Array.from({ length: 20 }, () => enrol(t, user)))
    const outcomes = []
    for (const { secret } of enrolments) {
      outcomes.push(await verify(t, user.id, code(t, secret)).catch(() => undefined))
    }
    expect(outcomes.filter((outcome) => outcome !== undefined)).toHaveLength(1)
  })

  test('a code that finished the enrolment is spent by it', async () => {
    await using t = await testServer({ dialect })
    const user = await userOf(t)
    const { secret } = await enrol(t, user)
    const first = code(t, secret)
    await verify(t, user.id, first)
    expect(await spend(t, user.id, first)).toBe(false)
    expect(await spend(t, user.id, code(t, secret, 1))).toBe(true)
  })

  test('a code counts once, and notes when', async () => {
    await using t = await testServer({ dialect })
    const { userId, secret } = await withApp(t)
    expect(await spend(t, userId, code(t, secret))).toBe(true)
    expect(await find(t, userId)).toMatchObject({ lastUsedAt: t.clock.now() })
    expect(await spend(t, userId, code(t, secret))).toBe(false)
    t.clock.advance(30)
    expect(await spend(t, userId, code(t, secret, -1))).toBe(false)
    expect(await spend(t, userId, code(t, secret))).toBe(true)
  })

  test('of twenty that spend one code at once one does', async () => {
    await using t = await testServer({ dialect })
    const { userId, secret } = await withApp(t)
    const spent = await Promise.all(Array.from({ length: 20 }, () => spend(t, userId, code(t, secret))))
    expect(spent.filter((isSpent) => isSpent)).toHaveLength(1)
  })

  test('a step that is over once a later one was spent stays so', async () => {
    await using t = await testServer({ dialect })
    const { userId, secret } = await withApp(t)
    expect(await spend(t, userId, code(t, secret, 1))).toBe(true)
    expect(await spend(t, userId, code(t, secret))).toBe(false)
    expect(await spend(t, userId, code(t, secret, -1))).toBe(false)
  })

  test.each([
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
  ])('a code from %p steps away is accepted: %p', async (ahead, accepted) => {
    await using t = await testServer({ dialect })
    const { userId, secret } = await withApp(t)
    expect(await spend(t, userId, code(t, secret, ahead))).toBe(accepted)
  })

  test('the window ends with the second', async () => {
    await using t = await testServer({ dialect, now: '2030-01-01T00:00:00.000Z' })
    const { userId, secret } = await withApp(t)
    const shown = code(t, secret)
    t.clock.advance(60)
    expect(await spend(t, userId, shown)).toBe(false)
    const next = code(t, secret)
    t.clock.advance(59.999)
    expect(await spend(t, userId, next)).toBe(true)
  })

  test('a code may be copied with the space that apps show', async () => {
    await using t = await testServer({ dialect })
    const { userId, secret } = await withApp(t)
    expect(await spend(t, userId, ` ${code(t, secret).replace(/^.../, '$& ')} `)).toBe(true)
  })

  test('a code of somebody else does not count, nor one for a user without an app', async () => {
    await using t = await testServer({ dialect })
    const alice = await withApp(t)
    const bob = await withApp(t, 'bob@example.com')
    const nobody = await userOf(t, 'nobody@example.com')
    t.clock.advance(60)
    expect(await spend(t, alice.userId, code(t, bob.secret))).toBe(false)
    expect(await spend(t, nobody.id, code(t, alice.secret))).toBe(false)
    expect(await spend(t, 'not an id', code(t, alice.secret))).toBe(false)
    expect(await spend(t, bob.userId, code(t, bob.secret))).toBe(true)
  })

  test.each(['', '12345', '1234567', 'abcdef', '१२३४५६', '1'.repeat(32), "' or 1=1", '\0\0\0\0\0\0'])(
    'no text that is no code is one: %p',
    async (text) => {
      await using t = await testServer({ dialect })
      const { userId } = await withApp(t)
      expect(await spend(t, userId, text)).toBe(false)
    },
  )

  test('counts no longer once it is removed, and can be enrolled again', async () => {
    await using t = await testServer({ dialect })
    const { user, userId, secret, backupCodes } = await withApp(t)
    expect(await t.write((ctx) => removeTotp(ctx, userId))).toBe(true)
    expect(await spend(t, userId, code(t, secret))).toBe(false)
    expect(await find(t, userId)).toBeUndefined()
    expect(await t.write((ctx) => removeTotp(ctx, userId))).toBe(false)
    // What becomes of the backup codes is for the caller to say: they may stand in for a passkey, too.
    const [backup = ''] = backupCodes
    expect(await t.write((ctx) => spendBackupCode(ctx, { userId, code: backup }))).toEqual({ left: 9 })
    const again = await enrol(t, user)
    expect(await t.write((ctx) => removeTotp(ctx, userId))).toBe(false) // it did not count yet
    await expect(verify(t, userId, code(t, again.secret))).rejects.toMatchObject({ type: 'BAD_REQUEST' })
  })

  test('its secret opens for its own user only', async () => {
    await using t = await testServer({ dialect })
    const alice = await withApp(t)
    const bob = await withApp(t, 'bob@example.com')
    await t.write(async (ctx) => {
      const { totpCredential: table } = ctx.tx.t
      const [row] = await ctx.tx.select().from(table).where(eq(table.userId, bob.userId))
      if (!row) throw new Error('Bob has no app')
      await ctx.tx.update(table).set({ secret: row.secret }).where(eq(table.userId, alice.userId))
    })
    await expect(spend(t, alice.userId, code(t, bob.secret))).rejects.toMatchObject({
      name: 'KeyringError',
      code: 'tampered',
    })
  })

  test('its secret is nowhere in the database', async () => {
    await using t = await testServer({ dialect })
    const { secret, backupCodes } = await withApp(t)
    const stored = await storedBytes(t)
    const told = backupCodes.flatMap((backup) => [backup, backup.replace('-', '')])
    for (const text of [secret, ...told]) expect(stored.includes(text)).toBe(false)
    expect(stored.includes(Buffer.from(decodeBase32(secret)))).toBe(false)
    expect(stored.includes('alice@example.com')).toBe(true)
  })
})

/** Everything that is at rest: of SQLite the bytes of the file, of PostgreSQL every column of the two tables. */
async function storedBytes(t: TestServer): Promise<Buffer> {
  if (t.dialect === 'sqlite') {
    const path = t.url.slice('sqlite:'.length)
    using file = new SqliteFile(path)
    file.run('PRAGMA wal_checkpoint(TRUNCATE)')
    return Buffer.from(await Bun.file(path).bytes())
  }
  return t.read(async ({ reader }) => {
    const { totpCredential, backupCode, user } = reader.t
    const rows = [
      ...(await reader.select().from(user)),
      ...(await reader.select().from(totpCredential)),
      ...(await reader.select().from(backupCode)),
    ]
    const values = rows.flatMap((row) => Object.values(row))
    return Buffer.concat(
      values.map((value) => (value instanceof Uint8Array ? value : Buffer.from(String(value)))),
    )
  })
}
