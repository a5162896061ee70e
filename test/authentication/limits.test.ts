import { describe, expect, test } from 'bun:test'
import { createPasswordHasher } from '../../src/credentials/index.ts'
import { unavailable } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { BEHIND_A_PROXY, listen } from '../support/listening.ts'
import { testServer } from '../support/server.ts'
import { cookiesOf, OTHER_PASSWORD, PASSWORD, withPassword } from './people.ts'

const FIREFOX = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' }
const HOME = '192.0.2.1'
const stranger = (index: number) => `198.51.100.${index}`

describe.each(testDialects)('guessing passwords on $name', (dialect) => {
  /** A server on a socket, with one user; wrong and right passwords from anywhere. */
  async function start(env: Record<string, string> = {}) {
    let hashes = 0
    const hasher = createPasswordHasher({ algorithm: 'bcrypt', bcryptLogRounds: 4, queueLimit: 100 })
    const t = await testServer({
      dialect,
      env: { RATELIMIT_ENABLED: 'true', ...BEHIND_A_PROXY, ...env },
      hasher: {
        ...hasher,
        verify(password, hash) {
          hashes++
          return hasher.verify(password, hash)
        },
        verifyDummy(password) {
          hashes++
          return hasher.verifyDummy(password)
        },
      },
    })
    await withPassword(t)
    const socket = listen(t)
    const attempt = (
      from: string,
      input: { email?: string; password?: string; headers?: Record<string, string> } = {},
    ) => {
      const { email = 'alice@example.com', password = OTHER_PASSWORD, headers = FIREFOX } = input
      return socket.callFrom(from, 'POST', '/auth/login', { body: { email, password }, headers })
    }
    return {
      t,
      attempt,
      /** Ten wrong passwords, each from somewhere else. */
      async attack(email?: string) {
        for (let index = 1; index <= 10; index++)
          await attempt(stranger(index), email === undefined ? {} : { email })
      },
      hashes: () => hashes,
      [Symbol.asyncDispose]: async () => {
        await socket[Symbol.asyncDispose]()
        await t[Symbol.asyncDispose]()
      },
    }
  }

  test('slows down every unknown device, also with the right password, and hashes nothing for it', async () => {
    await using s = await start()
    await s.attack()
    const before = s.hashes()
    const answer = await s.attempt(stranger(99), { password: PASSWORD })
    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.body.error).toEqual({ type: 'RATE_LIMIT_EXCEEDED', details: { retry_after_seconds: 1 } })
    expect(s.hashes()).toBe(before)
    s.t.clock.advance(1)
    expect((await s.attempt(stranger(99), { password: PASSWORD })).status).toBe(200)
  })

  test('does not keep the owner out of a place where they have signed in', async () => {
    await using s = await start()
    expect((await s.attempt(HOME, { password: PASSWORD })).status).toBe(200)
    await s.attack()
    expect((await s.attempt(HOME, { password: PASSWORD })).status).toBe(200)
    const curl = { 'user-agent': 'curl/8.5.0' }
    expect((await s.attempt(HOME, { password: PASSWORD, headers: curl })).status).toBe(429)
  })

  test('does not keep the owner out of a device that holds its cookie, wherever it is', async () => {
    await using s = await start()
    const device = cookiesOf(await s.attempt(HOME, { password: PASSWORD })).get('authy2_device')?.value
    await s.attack()
    const headers = { ...FIREFOX, cookie: `authy2_device=${device}` }
    expect((await s.attempt('203.0.113.7', { password: PASSWORD, headers })).status).toBe(200)
    expect((await s.attempt('203.0.113.8', { password: PASSWORD })).status).toBe(429)
  })

  test('one user’s device is a stranger to another user', async () => {
    await using s = await start()
    await withPassword(s.t, { email: 'mallory@example.com' })
    const mallory = await s.attempt(HOME, { email: 'mallory@example.com', password: PASSWORD })
    await s.attack()
    const cookie = `authy2_device=${cookiesOf(mallory).get('authy2_device')?.value}`
    expect((await s.attempt(HOME, { headers: { ...FIREFOX, cookie } })).status).toBe(429)
  })

  test('goes the same way for an address that nobody has', async () => {
    await using s = await start()
    await s.attack('nobody@example.com')
    await s.attack('alice@example.com')
    const nobody = await s.attempt(stranger(99), { email: 'nobody@example.com' })
    const alice = await s.attempt(stranger(99), { email: 'alice@example.com' })
    expect(nobody.status).toBe(429)
    expect({ ...nobody.body, request_id: '' }).toEqual({ ...alice.body, request_id: '' })
    expect([...nobody.headers.keys()]).toEqual([...alice.headers.keys()])
  })

  test('is limited for each address that is guessed at, known or not, from anywhere', async () => {
    await using s = await start({ RATELIMIT_LOGIN: '3/1m' })
    for (const email of ['alice@example.com', 'nobody@example.com']) {
      const statuses = []
      for (let index = 1; index <= 4; index++)
        statuses.push((await s.attempt(stranger(index), { email })).status)
      expect(statuses).toEqual([401, 401, 401, 429])
    }
  })

  test('cannot use up the attempts of a known device', async () => {
    await using s = await start({ RATELIMIT_LOGIN: '3/1m' })
    await s.attempt(HOME, { password: PASSWORD })
    for (let index = 1; index <= 4; index++) await s.attempt(stranger(index))
    expect((await s.attempt(stranger(5), { password: PASSWORD })).status).toBe(429)
    expect((await s.attempt(HOME, { password: PASSWORD })).status).toBe(200)
  })

  test('is limited for each client, whatever addresses it tries', async () => {
    await using s = await start({ RATELIMIT_LOGIN: '3/1m' })
    const statuses = []
    for (let index = 1; index <= 4; index++)
      statuses.push((await s.attempt(HOME, { email: `user${index}@example.com` })).status)
    expect(statuses).toEqual([401, 401, 401, 429])
    const answer = await s.attempt(HOME)
    expect(answer.headers.get('x-ratelimit-limit')).toBe('3')
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('is not slowed down where limits are off', async () => {
    await using s = await start({ RATELIMIT_ENABLED: 'false' })
    await s.attack()
    expect((await s.attempt(stranger(99), { password: PASSWORD })).status).toBe(200)
  })

  test('people sign in also while the shared store is away', async () => {
    await using s = await start()
    const away = async () => {
      throw unavailable('The cache does not answer.')
    }
    Object.assign(s.t.deps.kv, { get: away, set: away, increment: away })
    expect((await s.attempt(HOME)).status).toBe(401)
    expect((await s.attempt(HOME, { password: PASSWORD })).status).toBe(200)
  })
})
