import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { generateBackupCodes, removeBackupCodes, spendBackupCode } from '../../src/credentials/index.ts'
import type { WriteCtx } from '../../src/db/index.ts'
import { createUser } from '../../src/users/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'

const OLD_KEY = 'rotated-out-2rT8wY3bN6cJ5hG0dE4fK9vQ2mXz7LpR'
const NEW_KEY = 'rotated-in-7LpR1sT8wY3bN6cJ5hG0dE4fK9vQ2mXz'

async function withCodes(t: TestServer, email = 'alice@example.com') {
  const { id: userId } = await t.write((ctx) => createUser(ctx, { email }))
  const codes = await generate(t, userId)
  const [first = '', second = ''] = codes
  return { userId, codes, first, second }
}

const generate = (t: TestServer, userId: string) =>
  t.deps.write({ actor: { kind: 'system' }, log: t.deps.log }, (ctx) => generateBackupCodes(ctx, userId), {
    isSerializable: true,
  })
const spend = (t: TestServer, userId: string, code: string) =>
  t.write((ctx) => spendBackupCode(ctx, { userId, code }))

describe.each(testDialects)('backup codes on $name', (dialect) => {
  test('are ten of fifty bits, in two groups that are easy to read', async () => {
    await using t = await testServer({ dialect })
    const { codes } = await withCodes(t)
    expect(new Set(codes).size).toBe(10)
    for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/)
    const characters = new Set(codes.join('').replaceAll('-', ''))
    expect(characters.size).toBeGreaterThan(20) // of 32, over a hundred characters
  })

  test('count once each, and tell how many are left', async () => {
    await using t = await testServer({ dialect })
    const { userId, codes } = await withCodes(t)
    for (const [index, code] of codes.entries()) {
      expect(await spend(t, userId, code)).toEqual({ left: 9 - index })
      expect(await spend(t, userId, code)).toBeUndefined()
    }
  })

  test('of twenty that spend one at once one does', async () => {
    await using t = await testServer({ dialect })
    const { userId, first } = await withCodes(t)
    const spent = await Promise.all(Array.from({ length: 20 }, () => spend(t, userId, first)))
    expect(spent.filter((outcome) => outcome !== undefined)).toEqual([{ left: 9 }])
  })

  test('are taken however they are typed', async () => {
    await using t = await testServer({ dialect })
    const { userId } = await withCodes(t)
    const typed: readonly ((code: string) => string)[] = [
      (code) => code.toLowerCase(),
      (code) => code.replace('-', ''),
      (code) => ` ${[...code].join(' ')}\n`,
      (code) => code.replace('-', ' – '),
      (code) => code.replaceAll('0', 'O').replaceAll('1', 'I'),
      (code) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
    ]
    for (const type of typed) {
      const codes = await generate(t, userId)
      const telling = codes.find((code) => /[01]/.test(code)) ?? codes[0] ?? ''
      expect(await spend(t, userId, type(telling))).toEqual({ left: 9 })
    }
  })

  test.each([
    '',
    '-',
    'ABCDE',
    'ABCDE-FGHJ',
    'ABCDE-FGHJKM',
    'UUUUU-UUUUU',
    '🔑'.repeat(10),
    `${'A'.repeat(32)}`,
    '__________',
  ])('no text that is none is one: %p', async (text) => {
    await using t = await testServer({ dialect })
    const { userId } = await withCodes(t)
    expect(await spend(t, userId, text)).toBeUndefined()
  })

  test('are worthless once there are new ones, and once they are removed', async () => {
    await using t = await testServer({ dialect })
    const { userId, first } = await withCodes(t)
    const [renewed = ''] = await generate(t, userId)
    expect(await spend(t, userId, first)).toBeUndefined()
    await t.write((ctx) => removeBackupCodes(ctx, userId))
    expect(await spend(t, userId, renewed)).toBeUndefined()
  })

  test('made twenty times at once are ten in the end', async () => {
    await using t = await testServer({ dialect })
    const { userId } = await withCodes(t)
    const sets = await Promise.all(Array.from({ length: 20 }, () => generate(t, userId)))
    expect(await t.read((ctx) => ctx.reader.$count(ctx.reader.t.backupCode))).toBe(10)
    const outcomes = []
    for (const [code = ''] of sets) outcomes.push(await spend(t, userId, code))
    expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([{ left: 9 }])
  })

  test('are their owner’s alone, also when a row is moved', async () => {
    await using t = await testServer({ dialect })
    const alice = await withCodes(t)
    const bob = await withCodes(t, 'bob@example.com')
    expect(await spend(t, alice.userId, bob.first)).toBeUndefined()
    await t.write(async (ctx) => {
      const { backupCode } = ctx.tx.t
      await ctx.tx.update(backupCode).set({ userId: alice.userId }).where(eq(backupCode.userId, bob.userId))
    })
    for (const code of bob.codes) expect(await spend(t, alice.userId, code)).toBeUndefined()
    expect(await spend(t, alice.userId, alice.first)).toBeDefined()
  })

  test('still count after the secret key was rotated, and no longer once the old one is gone', async () => {
    await using t = await testServer({ dialect, env: { SECRET_KEY: OLD_KEY } })
    const { userId, first, second } = await withCodes(t)
    const under = (secretKeys: readonly string[], code: string) =>
      t.write((ctx) => {
        const rotated: WriteCtx = { ...ctx, config: { ...ctx.config, secretKeys } }
        return spendBackupCode(rotated, { userId, code })
      })
    expect(await under([NEW_KEY], first)).toBeUndefined()
    expect(await under([NEW_KEY, OLD_KEY], first)).toEqual({ left: 9 })
    expect(await under([OLD_KEY, NEW_KEY], second)).toEqual({ left: 8 })
  })
})
