import { describe, expect, test } from 'bun:test'
import { DAY, type MfaMethod, type MfaStatus } from '../../src/kernel/index.ts'
import { type Facts, judge } from '../../src/policies/judge.ts'

/** Days since the policy came into force; its grace period is 14 days, the first reminder 7 days before the end. */
const day = (days: number) => new Date(Date.parse('2030-01-01T00:00:00Z') + days * DAY * 1000)

const TOTP = { hasTotp: true, hasWebauthn: false }
const KEY = { hasTotp: false, hasWebauthn: true }
const BOTH = { hasTotp: true, hasWebauthn: true }

type Given = Omit<Partial<Facts>, 'policy' | 'override'> & {
  readonly policy?: Partial<Facts['policy']>
  readonly override?: Partial<NonNullable<Facts['override']>>
}

const facts = ({ policy, override, ...given }: Given): Facts => ({
  now: day(1),
  isSuspended: false,
  joinedAt: day(-100),
  policy: {
    mfaMode: 'require_totp',
    mfaGraceDays: 14,
    notifyDaysBefore: 7,
    mfaInForceAt: day(0),
    ...policy,
  },
  override: override && {
    mode: 'inherit',
    forceTotp: false,
    forceWebauthn: false,
    endsAt: null,
    setAt: day(-50),
    ...override,
  },
  factors: { hasTotp: false, hasWebauthn: false },
  ...given,
})

type Row = readonly [
  rule: string,
  given: Given,
  status: MfaStatus,
  deadline?: number,
  missing?: readonly MfaMethod[],
]

function cases(rows: readonly Row[]): void {
  for (const row of rows) test(row[0], () => expectVerdict(row))
}

function expectVerdict([, given, status, deadline, missing]: Row): void {
  expect(judge(facts(given))).toMatchObject({
    status,
    missing: missing ?? [],
    deadlineAt: deadline === undefined ? null : day(deadline),
  })
}

describe('what is asked', () => {
  cases([
    ['disabled asks for nothing', { policy: { mfaMode: 'disabled' } }, 'not_applicable'],
    ['optional asks for nothing', { policy: { mfaMode: 'optional' } }, 'not_applicable'],
    ['require_totp asks for an app', {}, 'in_grace', 14, ['totp']],
    ['a key is no app', { factors: KEY }, 'in_grace', 14, ['totp']],
    ['an app is one', { factors: TOTP }, 'compliant'],
    [
      'require_webauthn asks for a key',
      { policy: { mfaMode: 'require_webauthn' }, factors: TOTP },
      'in_grace',
      14,
      ['webauthn'],
    ],
    ['a key is one', { policy: { mfaMode: 'require_webauthn' }, factors: KEY }, 'compliant'],
    [
      'either of them is asked for',
      { policy: { mfaMode: 'require_totp_or_webauthn' } },
      'in_grace',
      14,
      ['totp_or_webauthn'],
    ],
    [
      'either will do: an app',
      { policy: { mfaMode: 'require_totp_or_webauthn' }, factors: TOTP },
      'compliant',
    ],
    ['either will do: a key', { policy: { mfaMode: 'require_totp_or_webauthn' }, factors: KEY }, 'compliant'],
    ['inherit changes nothing', { override: {} }, 'in_grace', 14, ['totp']],
    [
      'required asks for either where the policy asks for nothing',
      { policy: { mfaMode: 'optional' }, override: { mode: 'required', setAt: day(0) } },
      'in_grace',
      14,
      ['totp_or_webauthn'],
    ],
    [
      'required leaves what the policy asks for',
      { override: { mode: 'required' }, factors: KEY },
      'in_grace',
      14,
      ['totp'],
    ],
    [
      'a forced app is asked for also where the policy asks for nothing',
      { policy: { mfaMode: 'disabled' }, override: { forceTotp: true, setAt: day(0) } },
      'in_grace',
      14,
      ['totp'],
    ],
    [
      'a forced key is asked for beside the app of the policy',
      { override: { forceWebauthn: true, setAt: day(0) }, factors: TOTP },
      'in_grace',
      14,
      ['webauthn'],
    ],
    [
      'forced both means both',
      {
        policy: { mfaMode: 'optional' },
        override: { forceTotp: true, forceWebauthn: true, setAt: day(0) },
      },
      'in_grace',
      14,
      ['totp', 'webauthn'],
    ],
    [
      'what is forced takes the place of either',
      {
        policy: { mfaMode: 'require_totp_or_webauthn' },
        override: { forceWebauthn: true, setAt: day(0) },
        factors: TOTP,
      },
      'in_grace',
      14,
      ['webauthn'],
    ],
    [
      'forced and had is enough',
      { override: { forceTotp: true, forceWebauthn: true }, factors: BOTH },
      'compliant',
    ],
    [
      'an exemption asks for nothing',
      { override: { mode: 'exempt', endsAt: day(30) }, now: day(20) },
      'not_applicable',
    ],
  ])
})

describe('until when', () => {
  cases([
    ['grace is counted from the policy', {}, 'in_grace', 14, ['totp']],
    ['the last moment is still grace', { now: new Date(day(14).getTime() - 1) }, 'in_grace', 14, ['totp']],
    ['the deadline itself is past due', { now: day(14) }, 'past_due', 14, ['totp']],
    ['no grace means at once', { policy: { mfaGraceDays: 0 }, now: day(0) }, 'past_due', 0, ['totp']],
    ['more days move the deadline', { policy: { mfaGraceDays: 30 }, now: day(20) }, 'in_grace', 30, ['totp']],
    ['fewer days, too', { policy: { mfaGraceDays: 3 }, now: day(4) }, 'past_due', 3, ['totp']],
    ['who joins late has as long from then', { joinedAt: day(10), now: day(15) }, 'in_grace', 24, ['totp']],
    [
      'who is asked for more has as long from then',
      { override: { forceWebauthn: true, setAt: day(20) }, now: day(21) },
      'in_grace',
      34,
      ['totp', 'webauthn'],
    ],
    [
      'an override that adds nothing gives no time',
      { override: { mode: 'required', setAt: day(20) }, now: day(21) },
      'past_due',
      14,
      ['totp'],
    ],
    [
      'who was exempt has as long from its end',
      { override: { mode: 'exempt', endsAt: day(40) }, now: day(40) },
      'in_grace',
      54,
      ['totp'],
    ],
    [
      'also when the exemption was taken back and the member inherits again',
      { override: { mode: 'inherit', endsAt: day(40) }, now: day(54) },
      'past_due',
      54,
      ['totp'],
    ],
    [
      'an end that is still to come gives no time to one who is not exempt',
      { override: { mode: 'inherit', endsAt: day(40) }, now: day(14) },
      'past_due',
      14,
      ['totp'],
    ],
    ['who complies has no deadline', { factors: TOTP, now: day(100) }, 'compliant'],
    ['who is suspended has none', { isSuspended: true, now: day(100) }, 'suspended'],
    ['suspension comes before compliance', { isSuspended: true, factors: BOTH }, 'suspended'],
    [
      'a policy from before the member counts from the member',
      { joinedAt: day(500), now: day(501) },
      'in_grace',
      514,
      ['totp'],
    ],
  ])
})

describe('reminders', () => {
  test.each<readonly [rule: string, given: Given, due: number, next: number | undefined]>([
    ['none before the first', { now: day(6.99) }, 0, 7],
    ['the first on its day', { now: day(7) }, 1, 13],
    ['the second a day before', { now: day(13) }, 2, 14],
    ['the third on the day', { now: day(14) }, 3, undefined],
    ['none after', { now: day(100) }, 3, undefined],
    ['several at once where time has passed', { now: day(13.5) }, 2, 14],
    [
      'the first with the second where it is a day before',
      { now: day(13), policy: { notifyDaysBefore: 1 } },
      2,
      14,
    ],
    ['no day is as one day', { now: day(12.9), policy: { notifyDaysBefore: 0 } }, 0, 13],
    ['at once where the grace period is shorter', { now: day(0), policy: { notifyDaysBefore: 30 } }, 1, 13],
    ['none for who complies', { now: day(13), factors: TOTP }, 0, undefined],
    ['none for who is suspended', { now: day(13), isSuspended: true }, 0, undefined],
    [
      'none for who is exempt, who is looked at again when that ends',
      { now: day(13), override: { mode: 'exempt', endsAt: day(40) } },
      0,
      40,
    ],
  ])('%s', (_, given, remindersDue, next) => {
    expect(judge(facts(given))).toMatchObject({
      remindersDue,
      lookAgainAt: next === undefined ? null : day(next),
    })
  })
})

test('a member is never looked at again at a moment that has come', () => {
  const modes = ['optional', 'require_totp', 'require_totp_or_webauthn'] as const
  for (const mfaMode of modes) {
    for (const endsAt of [null, day(5), day(20)]) {
      for (const mode of ['inherit', 'exempt', 'required'] as const) {
        for (let now = 0; now < 40; now += 0.5) {
          const verdict = judge(facts({ now: day(now), policy: { mfaMode }, override: { mode, endsAt } }))
          if (verdict.lookAgainAt) expect(verdict.lookAgainAt > day(now)).toBe(true)
        }
      }
    }
  }
})
