import { describe, expect, test } from 'bun:test'
import {
  confirmPassword,
  findPasswordHash,
  findUserWithPassword,
  setPassword,
} from '../../src/credentials/index.ts'
import { createUser, normalizeEmail } from '../../src/users/index.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'

const email = normalizeEmail('alice@example.com')

describe.each(testDialects)('a password on $name', (dialect) => {
  test('is found by user and by address, and says when it was set', async () => {
    await using t = await testServer({ dialect })
    const user = await t.write((ctx) => createUser(ctx, { email }))
    const found = () => t.read((ctx) => findUserWithPassword(ctx, email))
    expect(await found()).toEqual({ user, hash: undefined })
    await t.write((ctx) => setPassword(ctx, { userId: user.id, hash: 'first' }))
    expect(await found()).toEqual({ user, hash: 'first' })
    t.clock.advance(60)
    await t.write((ctx) => setPassword(ctx, { userId: user.id, hash: 'second' }))
    expect(await t.read((ctx) => findPasswordHash(ctx, user.id))).toBe('second')
    const [row] = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.password))
    expect(row?.changedAt).toEqual(new Date('2030-01-01T00:01:00Z'))
    expect(await t.read((ctx) => findUserWithPassword(ctx, normalizeEmail('b@example.com')))).toBeUndefined()
  })

  test('is confirmed while it is the one that was verified, and upgraded without counting as changed', async () => {
    await using t = await testServer({ dialect })
    const { id: userId } = await t.write((ctx) => createUser(ctx, { email }))
    const confirm = (verified: string, upgraded?: string) =>
      t.write((ctx) => confirmPassword(ctx, { userId, verified, upgraded }))
    expect(await confirm('old')).toBe(false)
    await t.write((ctx) => setPassword(ctx, { userId, hash: 'old' }))
    t.clock.advance(60)
    expect(await confirm('old')).toBe(true)
    expect(await confirm('old', 'new')).toBe(true)
    expect(await confirm('old', 'newer')).toBe(false)
    const [row] = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.password))
    expect(row).toMatchObject({ hash: 'new', changedAt: new Date('2030-01-01T00:00:00Z') })
  })
})
