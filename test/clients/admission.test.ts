import { describe, expect, test } from 'bun:test'
import { isAdmitted, needsConsent, type Standing } from '../../src/clients/index.ts'

const as = (standing: Partial<Standing> = {}): Standing => ({
  role: 'member',
  status: 'active',
  departmentIds: [],
  ...standing,
})
const ANYBODY = { membersOnly: false, roles: [], departmentIds: [] }
const MEMBERS = { ...ANYBODY, membersOnly: true }
const SOME = { ...MEMBERS, roles: ['admin' as const], departmentIds: ['d1', 'd2'] }

describe('an application', () => {
  test.each([
    ['for anybody', ANYBODY, undefined, true],
    ['for anybody', ANYBODY, as(), true],
    ['for anybody', ANYBODY, as({ status: 'suspended' }), false],
    ['for members', MEMBERS, as({ role: 'guest' }), true],
    ['for members', MEMBERS, undefined, false],
    ['for members', MEMBERS, as({ status: 'suspended' }), false],
    ['for some', SOME, as({ role: 'admin' }), true],
    ['for some', SOME, as({ departmentIds: ['d0', 'd2'] }), true],
    ['for some', SOME, as({ role: 'owner' }), false],
    ['for some', SOME, as({ departmentIds: ['d0'] }), false],
    ['for some', SOME, as({ role: 'admin', status: 'suspended' }), false],
    ['for some', SOME, undefined, false],
  ] as const)('%s (%j) admits %j: %p', (_, access, standing, admits) => {
    expect(isAdmitted({ access }, standing)).toBe(admits)
  })
})

describe('consent', () => {
  test.each([
    ['required', as(), true],
    ['required', undefined, true],
    ['first_party', as(), false],
    ['first_party', undefined, true],
    ['first_party', as({ status: 'suspended' }), true],
  ] as const)('%s, asked of %j: %p', (consent, standing, isAsked) => {
    expect(needsConsent({ consent }, standing)).toBe(isAsked)
  })
})
