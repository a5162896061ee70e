import { describe, expect, test } from 'bun:test'
import {
  CLAIM_NAMES,
  CLAIM_SCOPES,
  type Person,
  parseClaimsRequest,
  personClaims,
  RESERVED_CLAIMS,
  scopesOfClaims,
} from '../../../src/protocol/oidc/index.ts'

const bob: Person = {
  fullName: 'Bob',
  pictureUrl: undefined,
  locale: 'de',
  updatedAt: new Date('2030-01-01T00:00:00.999Z'),
  email: 'bob@acme-corp.com',
  isEmailVerified: false,
  organizations: [
    { id: 'o1', slug: 'acme-corp', role: 'member', departments: ['Engineering'] },
    { id: 'o2', slug: 'tech-startup', role: 'admin', departments: [] },
  ],
  groups: ['Engineering'],
  custom: { cost_center: '42', nobody: undefined },
}
const told = (scope: readonly string[], names: readonly string[] = [], person = bob) =>
  personClaims(person, {
    scope,
    requested: names.map((name) => ({ name, isEssential: false, values: [] })),
  })

describe('what a scope opens (OpenID Connect Core §5.4)', () => {
  test.each([
    ['openid', {}],
    ['offline_access', {}],
    ['profile', { name: 'Bob', locale: 'de', updated_at: 1_893_456_000 }],
    ['email', { email: 'bob@acme-corp.com', email_verified: false }],
    ['roles', { roles: ['acme-corp:member', 'tech-startup:admin'] }],
    ['organizations', { organizations: bob.organizations }],
    ['groups', { groups: ['Engineering'] }],
  ])('%s', (scope, claims) => {
    expect(told([scope])).toEqual({ cost_center: '42', ...claims })
  })

  test('what is not known is left out, not null (§5.3.2)', () => {
    expect(told(['profile'])).not.toContainKey('picture')
  })
})

test('a claim is told by its name alone', () => {
  expect(told(['openid'], ['email', 'nickname', '__proto__', 'toString'])).toEqual({
    cost_center: '42',
    email: 'bob@acme-corp.com',
  })
})

test('and amounts to its scope, which has to be allowed and shown', () => {
  const request = parseClaimsRequest(
    '{"userinfo":{"email":null,"name":null},"id_token":{"email":null,"sub":null}}',
  )
  expect(scopesOfClaims(request)).toEqual(['email', 'profile'])
  expect(scopesOfClaims(parseClaimsRequest('{"userinfo":{"constructor":null}}'))).toEqual([])
})

test('a custom claim never takes the place of one that means something', () => {
  const custom = {
    sub: 'admin',
    iss: 'x',
    email: 'x',
    roles: ['x:owner'],
    at_hash: 'x',
    events: {},
    colour: 'green',
  }
  expect(told(['email'], [], { ...bob, custom })).toEqual({
    colour: 'green',
    email: 'bob@acme-corp.com',
    email_verified: false,
  })
  for (const name of CLAIM_NAMES) expect(RESERVED_CLAIMS.has(name)).toBe(true)
})

test('scopes and names are listed for discovery', () => {
  expect(CLAIM_SCOPES).toEqual(['profile', 'email', 'roles', 'organizations', 'groups'])
  expect(CLAIM_NAMES).toContain('email_verified')
})
