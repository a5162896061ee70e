import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { organizationNamesOf, ownedOrganizations } from '../../src/organizations/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { foundTenant } from './tenant.ts'

describe.each(testDialects)('the organizations of a user on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  test('that they own are told with how many are in them', async () => {
    const tenant = await foundTenant(t, 'Shared')
    const { token, user } = tenant.owner
    const alone = await t.call('POST', '/organizations', { token, body: { name: 'Alone' } })
    const guest = await tenant.join('guest')
    const owned = await t.read((ctx) => ownedOrganizations(ctx, user.id))
    expect(owned.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      {
        id: alone.body.data.organization.id,
        slug: alone.body.data.organization.slug,
        name: 'Alone',
        memberCount: 1,
      },
      { id: tenant.id, slug: tenant.slug, name: 'Shared', memberCount: 2 },
    ])
    expect(await t.read((ctx) => ownedOrganizations(ctx, guest.user.id))).toEqual([])
  })

  test('have names', async () => {
    const tenant = await foundTenant(t, 'Named')
    const guest = await tenant.join('guest')
    expect(await t.read((ctx) => organizationNamesOf(ctx, guest.user.id))).toEqual(['Named'])
  })
})
