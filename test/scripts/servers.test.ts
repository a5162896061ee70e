import { expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisClient, SQL } from 'bun'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { findRedis, startRedis } from '../support/redis.ts'
import { freePort } from '../support/servers.ts'

/**
 * What `work` makes and does not remove, in a place of its own for temporary files: other tests start the same programs
 * at the same time.
 */
async function leftoversOf(
  work: (list: () => readonly string[]) => Promise<void>,
): Promise<readonly string[]> {
  const { TMPDIR } = process.env
  const folder = mkdtempSync(join(tmpdir(), 'authy2-own-'))
  const list = () => readdirSync(folder)
  chmodSync(folder, 0o755) // the programs may run as somebody else
  process.env.TMPDIR = folder
  try {
    await work(list)
    return list()
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
    rmSync(folder, { recursive: true })
  }
}

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
    const left = await leftoversOf(async (list) => {
      const redis = await startRedis()
      expect(list()).toHaveLength(1)
      const { port } = new URL(redis.url)
      expect(await answers(`redis://127.0.0.1:${port}`)).toBe(false)
      expect(await answers(redis.url)).toBe(true)
      await redis[Symbol.asyncDispose]()
      expect(await answers(redis.url)).toBe(false)
    })
    expect(left).toEqual([])
  },
)

test.skipIf(!findPostgres())('a throw-away PostgreSQL makes databases, and wants its password', async () => {
  const left = await leftoversOf(async (list) => {
    await using postgres = await startPostgres()
    expect(list()).toHaveLength(1)
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
  })
  expect(left).toEqual([])
})

test('a free port can be listened on', () => {
  const server = Bun.serve({ hostname: '127.0.0.1', port: freePort(), fetch: () => new Response() })
  expect(server.port).toBeGreaterThan(1023)
  server.stop(true)
})
