import { expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { RedisClient, SQL } from 'bun'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { findRedis, startRedis } from '../support/redis.ts'
import { freePort } from '../support/servers.ts'

const leftovers = (name: string) =>
  readdirSync(tmpdir()).filter((entry) => entry.startsWith(`authy2-${name}-`))

async function answers(url: string): Promise<boolean> {
  const client = new RedisClient(url, { autoReconnect: false, enableOfflineQueue: false })
  try {
    await client.connect()
    return (await client.send('PING', [])) === 'PONG'
  } catch {
    return false
  } finally {
    client.close()
  }
}

test.skipIf(!findRedis())('a private Redis goes away and comes back empty at the same address', async () => {
  await using redis = await startRedis()
  const client = new RedisClient(redis.url)
  await client.set('key', 'value')
  client.close()

  await redis.stop()
  await redis.stop()
  expect(await answers(redis.url)).toBe(false)

  await redis.start()
  await redis.start()
  const again = new RedisClient(redis.url)
  expect(await again.get('key')).toBeNull()
  again.close()
})

test.skipIf(!findRedis())(
  'a private Redis wants its password, and leaves no process and no file',
  async () => {
    const before = leftovers('redis')
    const redis = await startRedis()
    const { port } = new URL(redis.url)
    expect(await answers(`redis://127.0.0.1:${port}`)).toBe(false)
    expect(await answers(redis.url)).toBe(true)
    await redis[Symbol.asyncDispose]()
    expect(await answers(redis.url)).toBe(false)
    expect(leftovers('redis')).toEqual(before)
  },
)

test.skipIf(!findPostgres())('a throw-away PostgreSQL makes databases, and wants its password', async () => {
  const before = leftovers('postgres')
  {
    await using postgres = await startPostgres()
    const sql = new SQL(postgres.url)
    await sql.unsafe('create database another')
    await sql.close()
    const stranger = new SQL(postgres.url.replace(/:[0-9a-f]+@/, ':wrong@'))
    expect(
      await stranger`select 1`.then(
        () => 'let in',
        () => 'refused',
      ),
    ).toBe('refused')
    await stranger.close()
  }
  expect(leftovers('postgres')).toEqual(before)
})

test('a free port can be listened on', () => {
  const server = Bun.serve({ hostname: '127.0.0.1', port: freePort(), fetch: () => new Response() })
  expect(server.port).toBeGreaterThan(1023)
  server.stop(true)
})
