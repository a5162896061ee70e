import { describe, expect, test } from 'bun:test'
import { may, PERMISSIONS, type Permission, ROLES } from '../../src/kernel/index.ts'

/** The table of the product, row by row: what the permissions of a row are called, and which roles have them. */
const TABLE: readonly { may: readonly Permission[]; roles: readonly string[] }[] = [
  { may: ['organization.delete', 'organization.transfer'], roles: ['owner'] },
  {
    may: [
      'organization.update',
      'members.manage',
      'invites.manage',
      'departments.manage',
      'principals.manage',
      'policies.manage',
      'audit.read_all',
    ],
    roles: ['owner', 'admin'],
  },
  {
    may: ['organization.read', 'members.read', 'departments.read', 'principals.read', 'audit.read_own'],
    roles: ['owner', 'admin', 'member', 'guest'],
  },
]

test('the roles are those of the product, strongest first', () => {
  expect(ROLES).toEqual(['owner', 'admin', 'member', 'guest'])
})

test('every permission is in the table of the product', () => {
  expect(TABLE.flatMap((row) => row.may).sort()).toEqual((Object.keys(PERMISSIONS) as Permission[]).sort())
})

describe.each(TABLE.flatMap((row) => row.may.map((permission) => ({ permission, roles: row.roles }))))(
  '$permission',
  ({ permission, roles }) => {
    test.each(ROLES)('is decided for a %s by the table', (role) => {
      expect(may(role, permission)).toBe(roles.includes(role))
    })
  },
)

test('a stronger role may all that a weaker one may', () => {
  for (const permission of Object.keys(PERMISSIONS) as Permission[])
    ROLES.slice(1).forEach((role, index) => {
      const stronger = ROLES[index]
      if (stronger && may(role, permission)) expect(may(stronger, permission)).toBe(true)
    })
})
