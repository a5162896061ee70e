import { describe, expect, test } from 'bun:test'
import { SQL } from 'bun'
import type { Reader } from '../../src/db/index.ts'
import { foundTenant, furnish } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'

describe.each(testDialects)('a test on $name', (dialect) => {
  test('finds no row of the test before it, whatever refers to whatever', async () => {
    {
      await using t = await testServer({ dialect })
      await furnish(t, await foundTenant(t))
      expect((await filled(t.deps.database.reader)).length).toBeGreaterThan(8)
    }
    await using next = await dialect.open()
    expect(await filled(next.database.reader)).toEqual([])
  })

  test('shares its database with no other test of the same time', async () => {
    await using one = await testServer({ dialect })
    await using two = await testServer({ dialect })
    await one.signedIn()
    expect(await filled(two.deps.database.reader)).toEqual([])
  })

  test('has its database no longer when it is over: a write that it forgot fails', async () => {
    const t = await testServer({ dialect })
    await t[Symbol.asyncDispose]()
    await expect(t.signedIn()).rejects.toThrow()
  })
})

const onPostgres = testDialects.filter(({ name }) => name === 'postgres')

describe.each(onPostgres)('a database on $name', (dialect) => {
  const addressOf = async (use: (sql: SQL) => Promise<unknown>) => {
    const { url, [Symbol.asyncDispose]: giveBack } = await dialect.open()
    const sql = new SQL({ url, max: 1 })
    await use(sql)
    await giveBack()
    await sql.close()
    return url
  }

  test('is lent again as it was made: without pages, and planned for as one that nothing is known of', async () => {
    {
      await using t = await testServer({ dialect })
      await furnish(t, await foundTenant(t))
    }
    await using next = await dialect.open()
    const sql = new SQL({ url: next.url, max: 1 })
    const used = await sql`
      select relname from pg_class
      where relnamespace = current_schema()::regnamespace and relkind = 'r'
        and relname not in ('migrations', 'migration_lock') and (pg_relation_size(oid) > 0 or reltuples <> -1)`
    await sql.close()
    expect(used).toHaveLength(0)
  })

  test('to which somebody is still connected is lent to nobody', async () => {
    const url = await addressOf((sql) => sql`select 1`)
    await using next = await dialect.open()
    expect(next.url).not.toBe(url)
  })

  test('whose schema was changed is lent to nobody', async () => {
    const url = await addressOf(async (sql) => {
      await sql.unsafe('alter table users add column something text')
      await sql.close()
    })
    await using next = await dialect.open()
    expect(next.url).not.toBe(url)
  })
})

/** The names of the tables that have rows. */
async function filled(reader: Reader): Promise<string[]> {
  const counts = Object.entries(reader.t).map(
    async ([name, table]) => [name, await reader.$count(table)] as const,
  )
  return (await Promise.all(counts)).filter(([, count]) => count > 0).map(([name]) => name)
}
