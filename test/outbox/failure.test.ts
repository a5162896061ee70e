import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createToken, systemRandom } from '../../src/kernel/index.ts'
import { describeFailure } from '../../src/outbox/failure.ts'

const describe = (message: string) => describeFailure(new Error(message))

test('a failure is told in one line', () => {
  expect(describe('connect ECONNREFUSED 127.0.0.1:25')).toBe('connect ECONNREFUSED 127.0.0.1:25')
  expect(describe(' 421-try\r\n421 later\t')).toBe('421-try 421 later')
  expect(describeFailure('a text')).toBe('The handler threw something that is not an error')
  expect(describeFailure(undefined)).toBe('The handler threw something that is not an error')
})

test('a failure is told without the tokens and addresses that a mail server quotes', () => {
  const token = createToken('passwordReset', systemRandom)
  expect(describe(`554 https://id.example.com/reset-password?token=${token} is listed`)).toBe(
    '554 https://id.example.com/reset-password?token=<secret> is listed',
  )
  expect(describe('550 5.1.1 <bob@acme-corp.com>: unknown')).toBe('550 5.1.1 <<address>>: unknown')
  // As quoted-printable has it: escaped before, and cut in two.
  const cut = `token=3D${token.slice(0, 25)}=\r\n${token.slice(25)}`
  expect(describe(`554 ${cut}`)).toBe('554 token=<secret>= <secret>')
})

test('however long a failure is, little of it is kept, and quickly', () => {
  expect(describe('x '.repeat(1_000_000))).toHaveLength(299)
  expect(describe('@'.repeat(1_000_000)).length).toBeLessThanOrEqual(300)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (message) => {
      const said = describe(message)
      expect(said.length).toBeLessThanOrEqual(300)
      expect(said.isWellFormed()).toBe(true)
      expect(said).not.toMatch(/\p{Cc}/u)
    }),
  )
})
