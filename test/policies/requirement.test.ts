import { describe, expect, test } from 'bun:test'
import { asksMore, asksMoreThan, type MfaMode, type Requirement } from '../../src/policies/requirement.ts'

const MODES: readonly MfaMode[] = [
  'disabled',
  'optional',
  'require_totp_or_webauthn',
  'require_totp',
  'require_webauthn',
]

describe('a policy is tightened when some factors that satisfied it do not any more', () => {
  test.each<readonly [before: MfaMode, tighterThanIt: readonly MfaMode[]]>([
    ['disabled', ['require_totp_or_webauthn', 'require_totp', 'require_webauthn']],
    ['optional', ['require_totp_or_webauthn', 'require_totp', 'require_webauthn']],
    ['require_totp_or_webauthn', ['require_totp', 'require_webauthn']],
    ['require_totp', ['require_webauthn']],
    ['require_webauthn', ['require_totp']],
  ])('%s', (before, tighter) => {
    expect(MODES.filter((after) => asksMoreThan(after, before))).toEqual([...tighter])
  })
})

test.each<readonly [after: Requirement, before: Requirement, expected: boolean]>([
  [['totp', 'webauthn'], ['totp'], true],
  [['totp'], ['totp', 'webauthn'], false],
  [['totp_or_webauthn'], ['totp'], false],
  [['totp'], ['totp_or_webauthn'], true],
  [[], ['totp'], false],
  [['totp'], [], true],
])('%p asks more than %p: %p', (after, before, expected) => {
  expect(asksMore(after, before)).toBe(expected)
})
