import { describe, expect, test } from 'bun:test'
import { pbkdf2Sync, scryptSync } from 'node:crypto'
import fc from 'fast-check'
import { parsePasswordHash } from '../../src/credentials/hash-formats.ts'

const phc = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '')
const salt = 'sixteen-byte-sal'

const VECTORS: readonly (readonly [source: string, password: string, hash: string])[] = [
  [
    'argon2id (phc-winner-argon2 test.c)',
    'password',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  [
    'argon2id, two lanes (phc-winner-argon2 test.c)',
    'password',
    '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
  ],
  [
    'argon2i (phc-winner-argon2 test.c)',
    'password',
    '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
  ],
  ['bcrypt 2a (crypt_blowfish)', 'U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['bcrypt 2b', 'U*U', '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['bcrypt 2y', 'U*U', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  [
    'scrypt (RFC 7914 §12, second vector)',
    'password',
    `$scrypt$ln=10,r=8,p=16$${phc(Buffer.from('NaCl'))}$${phc(
      Buffer.from(
        'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
        'hex',
      ),
    )}`,
  ],
  [
    'scrypt as Werkzeug writes it (RFC 7914 §12, third vector)',
    'pleaseletmein',
    'scrypt:16384:8:1$SodiumChloride$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
  ],
  [
    'PBKDF2-SHA-256 (RFC 7914 §11)',
    'Password',
    `$pbkdf2-sha256$i=80000$${phc(Buffer.from('NaCl'))}$${phc(
      Buffer.from(
        '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
        'hex',
      ),
    )}`,
  ],
  [
    'PBKDF2-SHA-1 as passlib writes it (RFC 6070, fourth vector)',
    'passwordPASSWORDpassword',
    `$pbkdf2$4096$${phc(Buffer.from('saltSALTsaltSALTsaltSALTsaltSALTsalt'))}$${phc(
      Buffer.from('3d2eec4fe41c849b80c8d83662c0e44a8b291a96', 'hex'),
    )}`,
  ],
  [
    'PBKDF2-SHA-512 with its length written out',
    'pw',
    `$pbkdf2-sha512$i=1000,l=64$${phc(Buffer.from(salt))}$${phc(pbkdf2Sync('pw', salt, 1000, 64, 'sha512'))}`,
  ],
  [
    'PBKDF2 as Django writes it',
    'pw',
    `pbkdf2_sha256$1000$${salt}$${pbkdf2Sync('pw', salt, 1000, 32, 'sha256').toString('base64')}`,
  ],
  [
    'PBKDF2 as Werkzeug writes it',
    'pw',
    `pbkdf2:sha256:1000$${salt}$${pbkdf2Sync('pw', salt, 1000, 32, 'sha256').toString('hex')}`,
  ],
]

describe('an imported hash matches its password and no other', () => {
  test.each(VECTORS)('%s', async (_, password, hash) => {
    const check = parsePasswordHash(hash)
    expect(await check?.(password)).toBe(true)
    expect(await check?.(`${password}.`)).toBe(false)
  })
})

test('`.` stands for `+` in base64 as passlib writes it', async () => {
  const digest = new Uint8Array(32).fill(0xfb) // base64 `+/v7…`
  expect(phc(digest)).toStartWith('+')
  expect(parsePasswordHash(`$pbkdf2-sha256$1000$c2FsdA$${phc(digest).replaceAll('+', '.')}`)).toBeDefined()
})

describe('a hash that asks for too much work or memory is refused before any is done', () => {
  const digest = phc(new Uint8Array(32))
  test.each([
    ['argon2 over 256 MiB', `$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHQ$${digest}`],
    ['argon2 over a terabyte', `$argon2id$v=19$m=999999999,t=1,p=1$c29tZXNhbHQ$${digest}`],
    ['argon2 with many passes', `$argon2id$v=19$m=262144,t=5,p=1$c29tZXNhbHQ$${digest}`],
    ['argon2 with a million small passes', `$argon2id$v=19$m=8,t=1000000,p=1$c29tZXNhbHQ$${digest}`],
    ['argon2 with many lanes', `$argon2id$v=19$m=65536,t=1,p=17$c29tZXNhbHQ$${digest}`],
    ['bcrypt of 2^17 rounds', `$2b$17$${'.'.repeat(53)}`],
    ['bcrypt of 2^31 rounds', `$2b$31$${'.'.repeat(53)}`],
    ['scrypt over 256 MiB', `$scrypt$ln=19,r=8,p=1$c2FsdA$${digest}`],
    ['scrypt of 2^99 blocks', `$scrypt$ln=99,r=8,p=1$c2FsdA$${digest}`],
    ['scrypt with large blocks', `scrypt:2:9999:999$salt$${'00'.repeat(32)}`],
    ['scrypt many times over', `$scrypt$ln=14,r=8,p=33$c2FsdA$${digest}`],
    ['PBKDF2 of many iterations', `$pbkdf2-sha256$i=2500001$c2FsdA$${digest}`],
    ['PBKDF2 of many blocks', `$pbkdf2-sha1$i=1000000$c2FsdA$${phc(new Uint8Array(64))}`],
  ])('%s', (_, hash) => expect(parsePasswordHash(hash)).toBeUndefined())
})

describe('what is no hash, or one that could be guessed, is refused', () => {
  test.each([
    ['nothing', ''],
    ['a password', 'hunter2hunter2'],
    ['an unknown algorithm', '$md5$c2FsdA$AAAA'],
    ['argon2 of version 16', `$argon2id$v=16$m=8,t=1,p=1$c29tZXNhbHQ$${phc(new Uint8Array(32))}`],
    ['argon2 with a digest of four bytes', '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAA'],
    ['argon2 without a digest', '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$'],
    ['bcrypt cut short', `$2b$10$${'.'.repeat(52)}`],
    ['bcrypt of 2^3 rounds', `$2b$03$${'.'.repeat(53)}`],
    ['the flawed bcrypt 2x', `$2x$10$${'.'.repeat(53)}`],
    ['scrypt of 1 block', `$scrypt$ln=0,r=8,p=1$c2FsdA$${phc(new Uint8Array(32))}`],
    ['scrypt of 1000 blocks, no power of two', `scrypt:1000:8:1$salt$${'00'.repeat(32)}`],
    ['scrypt without a block size', `$scrypt$ln=10,r=0,p=1$c2FsdA$${phc(new Uint8Array(32))}`],
    ['scrypt with a digest of one byte', 'scrypt:1024:8:1$salt$00'],
    ['PBKDF2 of no iterations', `$pbkdf2-sha256$i=0$c2FsdA$${phc(new Uint8Array(32))}`],
    ['PBKDF2 with MD5', `$pbkdf2-md5$i=1000$c2FsdA$${phc(new Uint8Array(16))}`],
    ['PBKDF2 with a digest of three bytes', '$pbkdf2-sha256$i=1000$c2FsdA$AAAA'],
    ['text after the hash', `$2b$10$${'.'.repeat(53)}\n`],
    ['a megabyte of digest', `scrypt:1024:8:1$salt$${'00'.repeat(500_000)}`],
  ])('%s', (_, hash) => expect(parsePasswordHash(hash)).toBeUndefined())
})

test('a digest is compared whole', async () => {
  const digest = scryptSync('pw', salt, 64, { N: 1024, r: 8, p: 1 })
  digest[63] = (digest[63] ?? 0) ^ 1
  const check = parsePasswordHash(`scrypt:1024:8:1$${salt}$${digest.toString('hex')}`)
  expect(await check?.('pw')).toBe(false)
})

test('a hash damaged anywhere matches nothing and breaks nothing', async () => {
  const cheap = VECTORS.map(([, , hash]) => hash.replace('m=65536', 'm=64').replace('80000', '10'))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...cheap),
      fc.nat(200),
      fc.string({ maxLength: 3 }),
      async (hash, at, by) => {
        const damaged = hash.slice(0, at % hash.length) + by + hash.slice((at % hash.length) + 1)
        const check = parsePasswordHash(damaged)
        // Not run where the damage made it costly: refusing those is tested above.
        if (check && !/ln=1[1-9]|i=\d{6}|\$\d{6}|:\d{5,}:|m=\d{4}|t=\d\d|\$2.\$(?:0[7-9]|1)/.test(damaged))
          expect(await check('no such password')).toBe(false)
      },
    ),
    { numRuns: 300 },
  )
})
