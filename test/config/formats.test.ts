import { describe, expect, test } from 'bun:test'
import { resolve } from 'node:path'
import * as formats from '../../src/config/formats.ts'
import * as urls from '../../src/config/urls.ts'

const accepted = <T>(format: formats.Format<T>, text: string): T | undefined => format.safeParse(text).data

test('bounded durations are seconds up to their bound', () => {
  const upToADay = formats.durationUpTo(86_400)
  expect(accepted(upToADay, '24h')).toBe(86_400)
  for (const text of ['86401', '25h', '2d', '0', '-1', '']) expect(accepted(upToADay, text)).toBeUndefined()
})

describe('durations are seconds', () => {
  test.each([
    ['90', 90],
    ['90s', 90],
    ['30m', 1_800],
    ['12h', 43_200],
    ['7d', 604_800],
  ])('%s', (text, seconds) => expect(accepted(formats.duration, text)).toBe(seconds))

  test.each(['0', '0m', '-1', '1.5h', '1w', 'h', '1 h', '', '1e3', '9999999999'])('%j is refused', (text) =>
    expect(accepted(formats.duration, text)).toBeUndefined(),
  )
})

describe('rate limits', () => {
  test('several windows hold at once', () => {
    expect(accepted(formats.rateLimit, '10/1m, 50/1h')).toEqual([
      { points: 10, durationSeconds: 60 },
      { points: 50, durationSeconds: 3_600 },
    ])
  })
  test.each(['10', '0/1m', '10/0', '-1/1m', '10/1m/2', '10/1m,x', ','])('%j is refused', (text) =>
    expect(accepted(formats.rateLimit, text)).toBeUndefined(),
  )
})

describe('whole numbers', () => {
  const port = formats.integer(0, 65_535)
  test('the bounds belong to the range', () => {
    expect([accepted(port, '0'), accepted(port, '65535')]).toEqual([0, 65_535])
  })
  test.each(['65536', '-1', '1.0', '1e3', '0x10', ' 1', '', '٣'])('%j is refused', (text) =>
    expect(accepted(port, text)).toBeUndefined(),
  )
})

describe('address blocks', () => {
  test('a plain address stands for itself', () => {
    expect(accepted(formats.cidrs, '10.0.0.0/8, 127.0.0.1,::1')).toEqual([
      '10.0.0.0/8',
      '127.0.0.1/32',
      '::1/128',
    ])
  })
  test.each(['10.0.0.0/33', '::1/129', '10.0.0/8', 'localhost', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1'])(
    '%j is refused',
    (text) => expect(accepted(formats.cidrs, text)).toBeUndefined(),
  )
})

test('yes and no have the usual spellings', () => {
  expect(['true', '1', 'yes', 'on', 'TRUE'].map((text) => accepted(formats.flag, text))).not.toContain(false)
  expect(['false', '0', 'no', 'off'].map((text) => accepted(formats.flag, text))).not.toContain(true)
  expect(accepted(formats.flag, 'maybe')).toBeUndefined()
})

test('domains are lower case and whole labels', () => {
  expect(accepted(formats.domain, 'Example.COM')).toBe('example.com')
  for (const text of ['-a.com', 'a..com', '.com', 'a_b.com', 'a b', `${'a'.repeat(64)}.com`]) {
    expect(accepted(formats.domain, text)).toBeUndefined()
  }
})

test('a sender is one mailbox on one line', () => {
  expect(accepted(formats.mailbox, 'Authy2 <no-reply@example.com>')).toBe('Authy2 <no-reply@example.com>')
  expect(accepted(formats.mailbox, 'no-reply@example.com')).toBe('no-reply@example.com')
  for (const text of ['nobody', 'a@b, c@d', 'A <a@b>\nBcc: c@d', 'A <a@b', '<@>']) {
    expect(accepted(formats.mailbox, text)).toBeUndefined()
  }
})

describe('origins', () => {
  test.each([
    ['https://id.example.com', 'https://id.example.com'],
    ['https://ID.example.com/', 'https://id.example.com'],
    ['https://id.example.com:443', 'https://id.example.com'],
    ['http://[::1]:5000', 'http://[::1]:5000'],
  ])('%s', (text, expected) => expect(accepted(urls.origin, text)).toBe(expected))

  test.each([
    'id.example.com',
    'https://a/b',
    'https://a?b',
    'https://a#b',
    'https://u@a',
    'ftp://a',
    'null',
  ])('%j is refused', (text) => expect(accepted(urls.origin, text)).toBeUndefined())
})

describe('databases', () => {
  test.each([
    ['sqlite:./data/a.db', resolve('data/a.db')],
    ['sqlite:/srv/a.db', '/srv/a.db'],
    ['sqlite:///srv/a.db', '/srv/a.db'],
    ['sqlite:/srv/a#b?.db', '/srv/a#b?.db'],
  ])('%s', (text, path) => expect(accepted(urls.databaseUrl, text)).toEqual({ kind: 'sqlite', path }))

  test('PostgreSQL has two spellings', () => {
    for (const url of ['postgres://u:p@h/db', 'postgresql://h/db?sslmode=require']) {
      expect(accepted(urls.databaseUrl, url)).toEqual({ kind: 'postgres', url })
    }
  })
  test.each(['mysql://h/db', 'sqlite:', 'data/a.db', 'postgres:db'])('%j is refused', (text) =>
    expect(accepted(urls.databaseUrl, text)).toBeUndefined(),
  )
})

test('several Redis URLs are the nodes of a cluster, and one bad one spoils all', () => {
  expect(accepted(urls.redisUrls, 'redis://a:1,rediss://b')).toEqual(['redis://a:1', 'rediss://b'])
  expect(accepted(urls.redisUrls, 'redis://a:1,b:2')).toBeUndefined()
})

test('a mail server URL is taken apart, its parts decoded', () => {
  expect(accepted(urls.smtpUrl, 'smtp://me%40a.com:p%3A%2Fw@[::1]:2525')).toEqual({
    host: '::1',
    port: 2525,
    secure: false,
    user: 'me@a.com',
    password: 'p:/w',
  })
  for (const text of ['smtp://', 'http://a', 'smtp://%zz@a', 'a:25']) {
    expect(accepted(urls.smtpUrl, text)).toBeUndefined()
  }
})

test('only what cannot leave this machine is loopback', () => {
  for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]']) {
    expect(urls.isLoopbackHost(host)).toBe(true)
  }
  for (const host of ['localhost.example.com', '127.0.0.1.example.com', 'notlocalhost', '10.0.0.1', '::2']) {
    expect(urls.isLoopbackHost(host)).toBe(false)
  }
})
