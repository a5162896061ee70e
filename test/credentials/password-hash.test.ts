import { describe, expect, test } from 'bun:test'
import { createPasswordHasher, type PasswordHasherOptions } from '../../src/credentials/password-hash.ts'

const hasher = (options: Partial<PasswordHasherOptions> = {}) =>
  createPasswordHasher({ algorithm: 'argon2id', bcryptLogRounds: 12, queueLimit: 64, ...options })
const cheap = (options: Partial<PasswordHasherOptions> = {}) =>
  hasher({ algorithm: 'bcrypt', bcryptLogRounds: 4, ...options })

const ACCEPTED = { valid: true, needsRehash: false }
const OUTDATED = { valid: true, needsRehash: true }
const REFUSED = { valid: false, needsRehash: false }

describe('a password', () => {
  test('is hashed by argon2id with 19 MiB, two passes and one lane, salted', async () => {
    const { hash } = hasher()
    const [one, other] = await Promise.all([hash('quiet river'), hash('quiet river')])
    expect(one).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
    expect(one).not.toBe(other)
  })

  test('is hashed by bcrypt with the configured cost where that is chosen', async () => {
    expect(await hasher({ algorithm: 'bcrypt', bcryptLogRounds: 5 }).hash('quiet river')).toStartWith(
      '$2b$05$',
    )
  })

  test.each([['argon2id'], ['bcrypt']] as const)(
    'matches its %s hash, and no other does',
    async (algorithm) => {
      const { hash, verify } = hasher({ algorithm, bcryptLogRounds: 4 })
      const stored = await hash('quiet river')
      expect(await verify('quiet river', stored)).toEqual(ACCEPTED)
      expect(await verify('quiet River', stored)).toEqual(REFUSED)
      expect(await verify('', stored)).toEqual(REFUSED)
    },
  )

  test.each([['argon2id'], ['bcrypt']] as const)('is never cut off by %s', async (algorithm) => {
    const { hash, verify } = hasher({ algorithm, bcryptLogRounds: 4 })
    const long = 'é'.repeat(128) // 256 bytes, where bcrypt by itself reads 72
    const stored = await hash(long)
    expect(await verify(long, stored)).toEqual(ACCEPTED)
    expect(await verify(`${'é'.repeat(127)}e`, stored)).toEqual(REFUSED)
    expect(await verify('é'.repeat(36), stored)).toEqual(REFUSED)
  })

  test('does not end at a NUL', async () => {
    const { hash, verify } = cheap()
    expect(await verify('quiet\0stone', await hash('quiet\0river'))).toEqual(REFUSED)
  })

  test('is the same however its characters are composed', async () => {
    const { hash, verify } = cheap()
    expect(await verify('cafe\u0301 society', await hash('caf\u00e9 society'))).toEqual(ACCEPTED)
    expect(await verify('caf\u00e9 society', await hash('cafe\u0301 society'))).toEqual(ACCEPTED)
  })
})

describe('a hash made otherwise than hashes are made now is accepted and due for renewal', () => {
  test.each([
    [
      'cheaper argon2id',
      '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
    ],
    ['argon2i', '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA'],
    [
      'scrypt',
      'scrypt:1024:8:16$NaCl$fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
    ],
  ])('%s', async (_, stored) => {
    expect(await hasher().verify('password', stored)).toEqual(OUTDATED)
    expect(await hasher().verify('passw0rd', stored)).toEqual(REFUSED)
  })

  test('bcrypt of another cost, or where argon2id is configured', async () => {
    const stored = await cheap().hash('quiet river')
    expect(await cheap({ bcryptLogRounds: 5 }).verify('quiet river', stored)).toEqual(OUTDATED)
    expect(await hasher().verify('quiet river', stored)).toEqual(OUTDATED)
  })

  test('argon2id where bcrypt is configured', async () => {
    expect(await cheap().verify('quiet river', await hasher().hash('quiet river'))).toEqual(OUTDATED)
  })
})

test.each(['', 'plain text', '$argon2id$', `$2b$31$${'.'.repeat(53)}`])(
  'what is no acceptable hash (%p) matches nothing, as slowly as a real one',
  async (stored) => {
    const durations: number[] = []
    const { verify } = hasher({ onMilliseconds: (milliseconds) => durations.push(milliseconds) })
    expect(await verify('quiet river', stored)).toEqual(REFUSED)
    expect(durations).toHaveLength(1)
    expect(durations[0]).toBeGreaterThan(5)
  },
)

test.each([
  ['argon2id', 12],
  ['bcrypt', 8],
] as const)(
  'somebody who does not exist costs as much as somebody who does (%s)',
  async (algorithm, bcryptLogRounds) => {
    const durations: number[] = []
    const { hash, verify, verifyDummy } = hasher({
      algorithm,
      bcryptLogRounds,
      onMilliseconds: (milliseconds) => durations.push(milliseconds),
    })
    const stored = await hash('quiet river')
    durations.length = 0
    for (let round = 0; round < 15; round++) {
      await verify('loud river', stored)
      await verifyDummy('loud river')
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0
    const real = median(durations.filter((_, index) => index % 2 === 0))
    const dummy = median(durations.filter((_, index) => index % 2 === 1))
    expect(dummy / real).toBeWithin(0.6, 1.7)
  },
)

test('a flood is refused with the time to come back, and those who wait are served', async () => {
  const { verify, hash, depth } = cheap()
  expect(depth).toEqual({ waiting: 0, running: 0 })
  const stored = await hash('quiet river')
  const flooded = cheap({ concurrency: 1, queueLimit: 3 })
  const answers = await Promise.allSettled(
    Array.from({ length: 10 }, () => flooded.verify('quiet river', stored)),
  )
  expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(4)
  for (const answer of answers)
    if (answer.status === 'rejected')
      expect(answer.reason).toMatchObject({ type: 'SERVICE_UNAVAILABLE', headers: { 'Retry-After': '1' } })
  expect(await verify('quiet river', stored)).toEqual(ACCEPTED)
})

test('the event loop goes on while passwords are hashed', async () => {
  const { hash } = hasher({ concurrency: 1 })
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  await Promise.all(Array.from({ length: 5 }, () => hash('quiet river')))
  clearInterval(timer)
  expect(ticks).toBeGreaterThan(10)
})

test('a bcrypt cost whose hashes would not be accepted stops the start', () => {
  expect(() => cheap({ bcryptLogRounds: 17 })).toThrow(RangeError)
  expect(() => cheap({ bcryptLogRounds: 3 })).toThrow(RangeError)
})
