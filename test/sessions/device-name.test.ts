import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { deviceName } from '../../src/sessions/device-name.ts'

const CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0'

describe('a device is called after its browser and system', () => {
  test.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox on Linux'],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36`, 'Chrome on Windows'],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36 Edg/126.0`,
      'Microsoft Edge on Windows',
    ],
    [`Mozilla/5.0 (Linux; Android 14; Pixel 8) ${CHROME} Mobile Safari/537.36`, 'Chrome on Android'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Safari on iOS',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
      'Safari on macOS',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64)', 'Unknown browser on Linux'],
  ])('%s', (userAgent, name) => expect(deviceName(userAgent)).toBe(name))
})

describe('a program is called by its own name', () => {
  test.each([
    ['curl/8.5.0', 'curl'],
    ['Wget/1.21.4', 'Wget'],
    ['python-requests/2.32.3', 'python-requests'],
    ['Go-http-client/2.0', 'Go-http-client'],
    ['PostmanRuntime/7.39.0', 'PostmanRuntime'],
    ['authy2/0.1.0 (linux x64)', 'authy2 on Linux'],
    ['node', 'node'],
  ])('%s', (userAgent, name) => expect(deviceName(userAgent)).toBe(name))
})

test.each([undefined, '', '   ', 'Mozilla/5.0', '5.0', '…'])('%p is an unknown device', (userAgent) =>
  expect(deviceName(userAgent)).toBe('Unknown device'),
)

describe('the name carries nothing that its sender made up into a mail', () => {
  test.each([
    'evil.example/1.0 (Linux)',
    'https://evil.example/ x/1',
    '<script>alert(1)</script>/1.0 (Linux)',
    'x\r\nBcc: everybody@example.com',
    'Your account is locked: call +15551234/1 x',
  ])('%p', (userAgent) => {
    expect(deviceName(userAgent)).not.toMatch(/evil|script|Bcc|locked/)
  })
})

test('any header at all gives a short, plain name', () => {
  const fragment = fc.constantFrom(
    'Mozilla/5.0 (',
    'Firefox/',
    'Chrome/',
    'CPU iPhone OS 1_1_1',
    ' like Mac OS X',
    'Android ',
    'Linux',
    'Version/',
    '1.',
    '_1',
    ' ',
    '/',
    '(',
    ')',
    ';',
  )
  const header = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 700 }),
    fc
      .array(fc.oneof(fragment, fc.string({ maxLength: 5 })), { maxLength: 120 })
      .map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(header, (userAgent) => {
      expect(deviceName(userAgent)).toMatch(/^[A-Za-z0-9][\w &!+-]{0,70}$/)
    }),
    { numRuns: 500 },
  )
})

test.each(['1', '1_', 'os 1_', 'Version/', '/ (', 'nexus   ', ' '])(
  'a megabyte of %p is named as fast as a short header',
  (unit) => {
    const startedAt = performance.now()
    deviceName(`Mozilla/5.0 (iPhone; CPU OS ${unit.repeat(1_000_000 / unit.length)}`)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  },
)
