import { describe, expect, test } from 'bun:test'
import {
  consumeMailProof,
  createMailProof,
  findMailProof,
  revokeMailProofs,
} from '../../src/credentials/index.ts'
import type { MailPurpose } from '../../src/credentials/mail-proof.ts'
import { createUser } from '../../src/users/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'

const email = 'alice@example.com'

/** A user, and a way to mail them and to spend what was mailed. */
async function mailed(t: TestServer) {
  const { id: userId } = await t.write((ctx) => createUser(ctx, { email }))
  return {
    userId,
    create: (purpose: MailPurpose) => t.write((ctx) => createMailProof(ctx, { purpose, userId, email })),
    consume: (purpose: MailPurpose, token: string) =>
      t.write((ctx) => consumeMailProof(ctx, { purpose, token })),
    find: (purpose: MailPurpose, token: string) => t.read((ctx) => findMailProof(ctx, { purpose, token })),
  }
}

describe.each(testDialects)('a proof that travels by mail on $name', (dialect) => {
  test('is spent once, by one of twenty at once', async () => {
    await using t = await testServer({ dialect })
    const { userId, create, consume, find } = await mailed(t)
    const token = await create('reset_password')
    expect(await find('reset_password', token)).toEqual({ userId, email })
    const proofs = await Promise.all(Array.from({ length: 20 }, () => consume('reset_password', token)))
    expect(proofs.filter((proof) => proof !== undefined)).toEqual([{ userId, email }])
    expect(await find('reset_password', token)).toBeUndefined()
  })

  test('is replaced by a later one for the same purpose, and leaves those for others', async () => {
    await using t = await testServer({ dialect })
    const { create, consume } = await mailed(t)
    const first = await create('verify_email')
    const change = await create('change_email')
    const second = await create('verify_email')
    expect(await consume('verify_email', first)).toBeUndefined()
    expect(await consume('verify_email', second)).toBeDefined()
    expect(await consume('change_email', change)).toBeDefined()
  })

  test('of several made at once one counts', async () => {
    await using t = await testServer({ dialect })
    const { create, consume } = await mailed(t)
    const tokens = await Promise.all(Array.from({ length: 10 }, () => create('reset_password')))
    const proofs = []
    for (const token of tokens) proofs.push(await consume('reset_password', token))
    expect(proofs.filter((proof) => proof !== undefined)).toHaveLength(1)
  })

  test('serves no other purpose, also where the tokens look alike', async () => {
    await using t = await testServer({ dialect })
    const { create, consume } = await mailed(t)
    const token = await create('change_email')
    expect(await consume('verify_email', token)).toBeUndefined()
    expect(await consume('reset_password', token)).toBeUndefined()
    expect(await consume('change_email', token)).toBeDefined()
  })

  test.each([
    ['reset_password', 3_600],
    ['verify_email', 86_400],
    ['change_email', 86_400],
  ] as const)('%s counts for %p seconds', async (purpose, seconds) => {
    await using t = await testServer({ dialect })
    const { create, consume, find } = await mailed(t)
    const early = await create(purpose)
    t.clock.advance(seconds - 1)
    expect(await consume(purpose, early)).toBeDefined()
    const late = await create(purpose)
    t.clock.advance(seconds)
    expect(await find(purpose, late)).toBeUndefined()
    expect(await consume(purpose, late)).toBeUndefined()
  })

  test('is stored as a digest, and goes with its user’s other proofs', async () => {
    await using t = await testServer({ dialect })
    const { userId, create, consume } = await mailed(t)
    const token = await create('reset_password')
    const rows = await t.read((ctx) => ctx.reader.select().from(ctx.reader.t.mailProof))
    expect(JSON.stringify(rows)).not.toContain(token.slice(4, 20))
    await t.write((ctx) => revokeMailProofs(ctx, { userId, purpose: 'verify_email' }))
    expect(await t.read((ctx) => ctx.reader.$count(ctx.reader.t.mailProof))).toBe(1)
    await t.write((ctx) => revokeMailProofs(ctx, { userId }))
    expect(await consume('reset_password', token)).toBeUndefined()
  })
})
