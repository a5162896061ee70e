import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { createClientRegistry } from '../../src/clients/index.ts'
import { DAY, type Log } from '../../src/kernel/index.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { clientCalls } from './requests.ts'

const OLD_KEY = 'test-only-0ldK9vQ2mXz7LpR1sT8wY3bN6cJ5hG0dE'
const NEW_KEY = 'test-only-NewK9vQ2mXz7LpR1sT8wY3bN6cJ5hG0dE'

describe.each(testDialects)('client secrets on $name', (dialect) => {
  let t: TestServer
  const logged: string[] = []
  const remember = (event: string, fields?: object) => void logged.push(JSON.stringify([event, fields]))
  const log: Log = { debug: remember, info: remember, warn: remember, error: remember }
  beforeAll(async () => {
    t = await testServer({ dialect, deps: { log } })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const arrange = async (on: TestServer = t) => {
    const tenant = await foundTenant(on)
    return { tenant, ...clientCalls(on, tenant) }
  }

  test('are taken for their own client and no other', async () => {
    const { make, takes } = await arrange()
    const [one, other] = [await make(), await make()]
    expect(await takes(one.id, one.secret)).toBe(true)
    expect(await takes(one.id, other.secret)).toBe(false)
    for (const wrong of [
      '',
      one.secret.slice(0, -1),
      `${one.secret}x`,
      one.secret.toUpperCase(),
      'x'.repeat(100_000),
    ]) {
      expect(await takes(one.id, wrong)).toBe(false)
    }
  })

  test('are neither in rows nor in the audit log, the list, or the log', async () => {
    const { make, call, rotate } = await arrange()
    const { id, secret } = await make({ token_endpoint_auth_method: 'client_secret_jwt' })
    const replaced = (await rotate(id)).body.data.client_secret as string
    const everything = await t.read(async ({ reader }) => [
      await reader.select().from(reader.t.client),
      await reader.select().from(reader.t.auditEvent),
      (await reader.select().from(reader.t.clientSecret)).map((row) => ({
        ...row,
        digest: Buffer.from(row.digest).toString('latin1'),
        sealed: Buffer.from(row.sealed ?? []).toString('latin1'),
      })),
    ])
    const shown = [await call('GET', ''), await call('GET', `/${id}`)].map(({ body }) => body)
    const haystack = JSON.stringify([everything, shown, logged])
    for (const needle of [secret, replaced]) {
      expect(haystack).not.toContain(needle)
      expect(haystack).not.toContain(Buffer.from(needle).toString('base64'))
    }
  })

  test('when rotated work both for as long as was said, and then the new one alone', async () => {
    await using own = await testServer({ dialect })
    const { tenant, make, rotate, call, takes } = await arrange(own)
    const { id, secret: first } = await make()
    const answer = await rotate(id, { overlap_seconds: 60 })
    expect([answer.status, answer.body.message]).toEqual([200, 'Keep the secret: it is shown once.'])
    const second = answer.body.data.client_secret as string
    expect([await takes(id, first), await takes(id, second)]).toEqual([true, true])
    expect((await call('GET', `/${id}`)).body.data.secrets).toEqual([
      { created_at: '2030-01-01T00:00:00.000Z', expires_at: '2030-01-01T00:01:00.000Z' },
      { created_at: '2030-01-01T00:00:00.000Z', expires_at: null },
    ])
    own.clock.advance(59)
    expect(await takes(id, first)).toBe(true)
    own.clock.advance(1)
    expect([await takes(id, first), await takes(id, second)]).toEqual([false, true])
    expect((await call('GET', `/${id}`)).body.data.secrets).toHaveLength(1)
    expect((await tenant.actions()).slice(-1)).toEqual(['oidc.client.secret_rotate'])
  })

  test('work a day longer where nothing is said, and not at all where that is', async () => {
    await using own = await testServer({ dialect })
    const { make, rotate, takes } = await arrange(own)
    const [kept, ended] = [await make(), await make()]
    await rotate(kept.id)
    await rotate(ended.id, { overlap_seconds: 0 })
    expect(await takes(ended.id, ended.secret)).toBe(false)
    own.clock.advance(DAY - 1)
    expect(await takes(kept.id, kept.secret)).toBe(true)
    own.clock.advance(1)
    expect(await takes(kept.id, kept.secret)).toBe(false)
  })

  test('are two at most: a further rotation ends the oldest', async () => {
    const { make, rotate, takes } = await arrange()
    const { id, secret: first } = await make()
    const second = (await rotate(id)).body.data.client_secret
    const third = (await rotate(id)).body.data.client_secret
    expect([await takes(id, first), await takes(id, second), await takes(id, third)]).toEqual([
      false,
      true,
      true,
    ])
  })

  test('are two at most, also after 20 rotations at once', async () => {
    const { make, rotate } = await arrange()
    const { id } = await make()
    const answers = await Promise.all(Array.from({ length: 20 }, () => rotate(id)))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    const { clientSecret } = t.deps.database.reader.t
    const rows = await t.read(({ reader }) =>
      reader.select().from(clientSecret).where(eq(clientSecret.clientId, id)),
    )
    expect(rows.filter(({ expiresAt }) => expiresAt === null)).toHaveLength(1)
    expect(rows).toHaveLength(2)
  })

  test('cannot be rotated where there are none', async () => {
    const { make, rotate } = await arrange()
    const { id } = await make({ token_endpoint_auth_method: 'none' })
    const answer = await rotate(id)
    expect([answer.status, answer.body.message]).toEqual([409, expect.stringContaining('none')])
    expect((await rotate('nothing')).status).toBe(404)
  })

  test.each([[{ overlap_seconds: -1 }], [{ overlap_seconds: 31 * DAY }], [{ overlap_seconds: '60' }], [[]]])(
    'are not rotated by %j',
    async (body) => {
      const { make, rotate } = await arrange()
      expect((await rotate((await make()).id, body)).status).toBe(400)
    },
  )

  test('that a client signs with come back, for that client and row alone', async () => {
    const { make, rotate } = await arrange()
    const [signing, other] = [
      await make({ token_endpoint_auth_method: 'client_secret_jwt' }),
      await make({ token_endpoint_auth_method: 'client_secret_jwt' }),
    ]
    const secretsOf = async (id: string) => {
      const client = await t.deps.clients.find(id)
      if (!client) throw new Error('The client is not there')
      return t.deps.clients.signingSecrets(client).map((bytes) => new TextDecoder().decode(bytes))
    }
    const replaced = (await rotate(signing.id)).body.data.client_secret
    expect((await secretsOf(signing.id)).sort()).toEqual([signing.secret, replaced].sort())
    expect(await secretsOf((await make()).id)).toEqual([])

    const { clientSecret } = t.deps.database.reader.t
    await t.write(async ({ tx }) => {
      const [{ sealed } = { sealed: null }] = await tx
        .select()
        .from(clientSecret)
        .where(eq(clientSecret.clientId, signing.id))
      await tx.update(clientSecret).set({ sealed }).where(eq(clientSecret.clientId, other.id))
    })
    expect(await secretsOf(other.id).catch((error: Error) => error.name)).toBe('KeyringError')
  })

  // They were as short as all the others, which is too short a key for HS512.
  test('that a client signs with are as long as the longest hash (RFC 7518 §3.2)', async () => {
    const { make, rotate } = await arrange()
    const { id, secret } = await make({ token_endpoint_auth_method: 'client_secret_jwt' })
    for (const text of [secret, (await rotate(id)).body.data.client_secret]) {
      expect(text).toMatch(/^a2c_[\w-]{92}$/)
      expect(Buffer.from(text.slice(4, 90), 'base64url')).toHaveLength(64)
    }
    expect((await make()).secret).toMatch(/^a2c_[\w-]{49}$/)
  })

  test('outlive a rotation of SECRET_KEY, and once used no longer need the old one', async () => {
    await using before = await testServer({ dialect, env: { SECRET_KEY: OLD_KEY } })
    const { make } = await arrange(before)
    const { id, secret } = await make()
    const withKeys = (...secretKeys: string[]) =>
      createClientRegistry({
        ...before.deps,
        reader: before.deps.database.reader,
        config: { ...before.deps.config, secretKeys },
      })
    const takes = async (...keys: string[]) => {
      const registry = withKeys(...keys)
      const client = await registry.find(id)
      return client !== undefined && registry.isSecret(client, secret)
    }
    expect(await takes(NEW_KEY)).toBe(false)
    expect(await takes(NEW_KEY, OLD_KEY)).toBe(true)
    while (!(await takes(NEW_KEY))) await Bun.sleep(10)
    expect(await takes(OLD_KEY)).toBe(false)
  })
})
