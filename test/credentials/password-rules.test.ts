import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { checkPassword, type PasswordContext } from '../../src/credentials/password-rules.ts'

const nobody: PasswordContext = { email: 'bob@example.com', organizationNames: [] }
const problems = async (password: string, context: Partial<PasswordContext> = {}) =>
  (await checkPassword(password, { ...nobody, ...context })).map(({ message }) => message)

describe('length', () => {
  test('8 characters are enough and 7 are not', async () => {
    expect(await problems('kq7-Vd2x')).toEqual([])
    expect(await problems('kq7-Vd2')).toEqual(['Use at least 8 characters.'])
  })

  test('128 characters are accepted and 129 are not', async () => {
    expect(await problems('xZ'.repeat(64))).toEqual([])
    expect(await problems(`${'xZ'.repeat(64)}x`)).toEqual(['Use at most 128 characters.'])
  })

  test('code points are counted, not UTF-16 units', async () => {
    expect(await problems('🦀🐙🦑🦐🐡🐠🐟')).toEqual(['Use at least 8 characters.'])
    expect(await problems('🦀'.repeat(128))).toEqual([])
  })

  test('characters are counted after normalization', async () => {
    expect(await problems('e\u0301'.repeat(7))).toEqual(['Use at least 8 characters.'])
    expect(await problems('e\u0301'.repeat(128))).toEqual([])
  })

  test('an organization can raise the minimum but not lower it', async () => {
    expect(await problems('kq7-Vd2x', { minLength: 12 })).toEqual(['Use at least 12 characters.'])
    expect(await problems('kq7-Vd2', { minLength: 4 })).toEqual(['Use at least 8 characters.'])
  })
})

describe('character classes', () => {
  test('none is asked for unless an organization does', async () => {
    expect(await problems('quiet river stones')).toEqual([])
  })

  test.each([
    ['requireUpper', 'quiet-river-7', 'Quiet-river-7', 'Use an upper-case letter.'],
    ['requireUpper', 'ärger-river-7', 'Ärger-river-7', 'Use an upper-case letter.'],
    ['requireNumber', 'quiet-river-x', 'quiet-river-7', 'Use a digit.'],
    ['requireSpecial', 'quietriver7x', 'quiet river7', 'Use a character that is neither letter nor digit.'],
    ['requireSpecial', 'quietrivér7x', 'quietriver7€', 'Use a character that is neither letter nor digit.'],
  ] as const)('%s refuses %s and accepts %s', async (rule, refused, accepted, problem) => {
    expect(await problems(refused, { [rule]: true })).toEqual([problem])
    expect(await problems(accepted, { [rule]: true })).toEqual([])
  })
})

describe('names', () => {
  const email = ['Leave out your e-mail address.']
  test.each([
    ['bobsmith2024', 'bobsmith@example.com', email],
    ['xx-BOBSMITH-xx', 'bobsmith@example.com', email],
    ['bobsmith2024', 'BobSmith+news@example.com', email],
    ['jürgen-im-Regen', 'ju\u0308rgen@example.com', email],
    ['bobby-tables', 'bob@example.com', []], // three letters turn up by accident
    ['example.com!', 'bobsmith@example.com', []],
    ['news-of-today', 'bobsmith+news@example.com', []],
  ])('%s for %s', async (password, address, expected) => {
    expect(await problems(password, { email: address })).toEqual(expected)
  })

  test("an organization's name or slug is refused, in whatever case", async () => {
    const context = { organizationNames: ['Acme Corp', 'acme-corp', 'IBM'] }
    const refused = ["Leave out your organization's name."]
    expect(await problems('my ACME corp 2024', context)).toEqual(refused)
    expect(await problems('acme-corp!77', context)).toEqual(refused)
    expect(await problems('ibm-forever-77', context)).toEqual([])
  })
})

test('a common password is refused, in whatever case', async () => {
  expect(await problems('Password123')).toEqual(['Choose another: this is one of the most used passwords.'])
})

test('every problem is told at once', async () => {
  expect(await problems('monkey', { requireUpper: true, requireNumber: true })).toEqual([
    'Use at least 8 characters.',
    'Use an upper-case letter.',
    'Use a digit.',
    'Choose another: this is one of the most used passwords.',
  ])
})

test('half a surrogate pair is refused, as its encoding would equal that of every other', async () => {
  expect(await problems('quiet \ud800 river')).toEqual([
    'Leave out the characters that are not valid Unicode.',
  ])
})

test('the verdict does not depend on how the characters are composed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 140 }), async (password) => {
      expect(await problems(password.normalize('NFD'))).toEqual(await problems(password.normalize('NFC')))
    }),
  )
})
