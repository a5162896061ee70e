import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { hotp } from '../../../src/protocol/otp/hotp.ts'
import { verifyTotp } from '../../../src/protocol/otp/totp.ts'

const secret = new TextEncoder().encode('12345678901234567890')
const NOW = 1_893_456_000
const STEP = NOW / 30
const codeOf = (step: number, key: Uint8Array = secret) => hotp({ secret: key, counter: step, digits: 6 })

const verify = (code: string, { now = NOW, lastStep = 0 }: { now?: number; lastStep?: number } = {}) =>
  verifyTotp({ secret, code, now, lastStep })

// Six digits of a code are the last six of its eight.
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('second %p accepts %p (RFC 6238 appendix B)', (now, code) => {
  expect(verify(code, { now })).toBe(Math.floor(now / 30))
})

describe('the window', () => {
  test.each([
    ['two steps early', 2, undefined],
    ['a step early', 1, STEP + 1],
    ['in time', 0, STEP],
    ['a step late', -1, STEP - 1],
    ['two steps late', -2, undefined],
  ])('knows a code that is %s', (_, ahead, matched) => {
    expect(verify(codeOf(STEP + ahead))).toBe(matched)
  })

  test('moves at the second at which a step begins', () => {
    const code = codeOf(STEP)
    expect(verify(code, { now: NOW - 31 })).toBeUndefined()
    expect(verify(code, { now: NOW - 30 })).toBe(STEP)
    expect(verify(code, { now: NOW + 59 })).toBe(STEP)
    expect(verify(code, { now: NOW + 60 })).toBeUndefined()
  })

  test('ends where time begins', () => {
    expect(verify(codeOf(1), { now: 0 })).toBe(1)
    expect(verify(codeOf(0), { now: 0, lastStep: -1 })).toBe(0)
  })
})

test('a step counts once, and none before it counts afterwards', () => {
  expect(verify(codeOf(STEP), { lastStep: STEP - 1 })).toBe(STEP)
  expect(verify(codeOf(STEP), { lastStep: STEP })).toBeUndefined()
  expect(verify(codeOf(STEP - 1), { lastStep: STEP })).toBeUndefined()
  expect(verify(codeOf(STEP + 1), { lastStep: STEP })).toBe(STEP + 1)
})

test('of two steps with one code the later is spent, so that the code does not count again', () => {
  const twin = { secret: new Uint8Array(new Uint32Array(5).fill(992_472).buffer), code: '817774', now: NOW }
  expect([codeOf(STEP, twin.secret), codeOf(STEP + 1, twin.secret)]).toEqual([twin.code, twin.code])
  expect(verifyTotp({ ...twin, lastStep: 0 })).toBe(STEP + 1)
  expect(verifyTotp({ ...twin, lastStep: STEP + 1 })).toBeUndefined()
})

test('another secret’s code does not count', () => {
  expect(verify(codeOf(STEP, new TextEncoder().encode('09876543210987654321')))).toBeUndefined()
})

test('nothing but the six digits counts, and no text makes it throw', () => {
  const code = codeOf(STEP)
  const fullWidth = code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
  for (const text of [
    '',
    '0',
    ` ${code}`,
    `${code} `,
    `0${code}`,
    code.slice(1),
    fullWidth,
    '-12345',
    '1e5000',
  ]) {
    expect([text, verify(text)]).toEqual([text, undefined])
  }
  const accepted = [-1, 0, 1].map((ahead) => codeOf(STEP + ahead))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^\d{6}$/)), (text) => {
      expect(verify(text) !== undefined).toBe(accepted.includes(text))
    }),
    { numRuns: 1_000 },
  )
})
