import { expect, test } from 'bun:test'
import { AUDIT_ACTIONS, AuditFilters } from '../../src/audit/index.ts'
import { actionsMatching } from '../../src/audit/schema.ts'

test('a family means every action below it, at any depth, and nothing beside it', () => {
  const organization = actionsMatching('org.*')
  expect(organization).toContain('org.create')
  expect(organization).toContain('org.member.add')
  expect(organization.every((action) => action.startsWith('org.'))).toBe(true)
  expect(actionsMatching('org.member.*')).not.toContain('org.create')
  expect(actionsMatching('user.login')).toEqual(['user.login'])
})

test('every action is a filter, and so is every family of one', () => {
  for (const action of AUDIT_ACTIONS) {
    expect(AuditFilters.safeParse({ action }).success).toBe(true)
    expect(AuditFilters.safeParse({ action: action.replace(/\.[a-z_]+$/, '.*') }).success).toBe(true)
  }
})

test.each([
  ['an unknown action', { action: 'org.creat' }],
  ['a family of nothing', { action: 'nothing.*' }],
  ['everything by a star', { action: '*' }],
  ['a time without a zone', { from: '2030-01-01T00:00:00' }],
  ['a day', { to: '2030-01-01' }],
  ['an outcome that there is not', { outcome: 'maybe' }],
  ['an oversize actor', { actor: 'x'.repeat(256) }],
  ['an empty target', { target: '' }],
  ['an oversize address', { address: '1'.repeat(65) }],
])('%s is no filter', (_, filters) => {
  expect(AuditFilters.safeParse(filters).success).toBe(false)
})
