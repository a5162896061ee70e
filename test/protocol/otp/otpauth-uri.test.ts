import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { otpauthUri } from '../../../src/protocol/otp/otpauth-uri.ts'

const secret = new TextEncoder().encode('Hello!\u00de\u00ad') // as the format's own example begins

test('names issuer, user, secret and how codes are made', () => {
  expect(
    otpauthUri({ secret: secret.slice(0, 6), issuer: 'id.example.com', account: 'alice@example.com' }),
  ).toBe(
    'otpauth://totp/id.example.com:alice%40example.com' +
      '?secret=JBSWY3DPEE&issuer=id.example.com&algorithm=SHA1&digits=6&period=30',
  )
})

test('escapes what means something in a URI, and spaces not as a plus sign', () => {
  const uri = otpauthUri({ secret, issuer: 'Acme & Söhne?', account: 'a+b/c#d@example.com' })
  expect(uri).toStartWith('otpauth://totp/Acme%20%26%20S%C3%B6hne%3F:a%2Bb%2Fc%23d%40example.com?secret=')
  expect(uri).toContain('&issuer=Acme%20%26%20S%C3%B6hne%3F&')
})

test('whatever the names are, they come back from it, and nothing is added', () => {
  const name = fc.string({ unit: 'binary', maxLength: 40 })
  fc.assert(
    fc.property(name, name, (issuer, account) => {
      const url = new URL(otpauthUri({ secret, issuer, account }))
      const [first = '', second = '', ...more] = url.pathname.slice(1).split(':').map(decodeURIComponent)
      expect([first, second, more]).toEqual([plain(issuer), plain(account), []])
      expect([...url.searchParams.keys()]).toEqual(['secret', 'issuer', 'algorithm', 'digits', 'period'])
      expect(url.searchParams.get('issuer')).toBe(plain(issuer))
      expect(url.hash).toBe('')
    }),
  )
})

/** A colon has a meaning of its own in a label. */
const plain = (name: string) => name.toWellFormed().replaceAll(':', ' ').trim()
