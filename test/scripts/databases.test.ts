import { describe, expect, test } from 'bun:test'
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

  test('has its database no longer when it is over: not for a write it forgot, nor through the address', async () => {
    const left = await testServer({ dialect })
    const told = await dialect.open()
    const { url } = told
    await left[Symbol.asyncDispose]()
    await told[Symbol.asyncDispose]()
    await expect(left.signedIn()).rejects.toThrow()
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
