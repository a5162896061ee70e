import { beforeAll, describe, expect, test } from 'bun:test'
import { createPublicKey, createSecretKey, sign } from 'node:crypto'
import fc from 'fast-check'
import { compactVerify, decodeProtectedHeader, SignJWT } from 'jose'
import { ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS } from '../../../src/protocol/oauth/algorithms.ts'
import { isMissingKey, JwtError } from '../../../src/protocol/oauth/jwt-error.ts'
import { SIGNING_ALGORITHMS, signJwt } from '../../../src/protocol/oauth/sign-jwt.ts'
import { jwkThumbprint, parsePublicJwk } from '../../../src/protocol/oauth/thumbprint.ts'
import { parseJwks } from '../../../src/protocol/oauth/verification-keys.ts'
import { type JwtExpectation, verifyJwt } from '../../../src/protocol/oauth/verify-jwt.ts'
import { createKey, jwtBy, NOW, SECONDS, type TestKey, unsigned } from './jwts.ts'

let key: TestKey
let other: TestKey
beforeAll(() => {
  key = createKey('ES256')
  other = createKey('ES256')
})

const any = (over: Partial<JwtExpectation> = {}): JwtExpectation => ({
  keys: { jwks: { keys: [key.jwk] } },
  algorithms: ASYMMETRIC_ALGORITHMS,
  types: [undefined, 'jwt'],
  now: NOW,
  ...over,
})
const reject = async (jwt: string, expectation: JwtExpectation, message: string) => {
  const failure: unknown = await verifyJwt(jwt, expectation).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(JwtError)
  expect(failure).toHaveProperty('message', expect.stringContaining(message))
  return failure
}

describe('the examples of RFC 7515 (payload: RFC 7519 §3.1)', () => {
  const claims = { iss: 'joe', exp: 1_300_819_380, 'http://example.com/is_root': true }
  const before = new Date(1_300_819_379_000)

  test('A.1: HMAC', async () => {
    const secret = Buffer.from(
      'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
      'base64url',
    )
    const jwt =
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
    const expectation = any({ keys: { secrets: [secret] }, algorithms: HMAC_ALGORITHMS, now: before })
    expect((await verifyJwt(jwt, expectation)).claims).toEqual(claims)
    const later = new Date(1_300_819_391_000)
    await reject(jwt, { ...expectation, now: later }, 'expired')
    expect((await verifyJwt(jwt, { ...expectation, now: later, acceptsExpired: true })).claims).toEqual(
      claims,
    )
  })

  test('A.3: ES256', async () => {
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    }
    const jwt =
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q'
    const expectation = any({ keys: { jwks: { keys: [jwk] } }, now: before })
    expect((await verifyJwt(jwt, expectation)).claims).toEqual(claims)
    await reject(`${jwt.slice(0, -4)}AAAA`, expectation, 'signature')
  })
})

describe('the thumbprint', () => {
  // RFC 7638 §3.1
  const jwk = {
    kty: 'RSA',
    n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    e: 'AQAB',
    alg: 'RS256',
    kid: '2011-04-29',
  } as const

  test('of the RSA key of RFC 7638 §3.1, whatever else is said of the key', () => {
    expect(jwkThumbprint(jwk)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
    expect(jwkThumbprint({ e: jwk.e, n: jwk.n, kty: 'RSA' })).toBe(
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    )
  })

  test('of the Ed25519 key of RFC 8037 appendix A.3', () => {
    const okp = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } as const
    expect(jwkThumbprint(okp)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  })

  test('is of public keys that are whole', () => {
    expect(parsePublicJwk(jwk)).toEqual(jwk)
    for (const wrong of [
      { ...jwk, d: 'AQAB' },
      { ...jwk, p: 'AQAB' },
      { kty: 'RSA', e: 'AQAB' },
      { kty: 'RSA', e: 'AQAB', n: 1 },
      { kty: 'oct', k: 'AQAB' },
      { kty: 'EC', crv: 'P-256', x: 'AQAB' },
      { kty: '__proto__' },
      [jwk],
      null,
      'RSA',
    ])
      expect(parsePublicJwk(wrong)).toBeUndefined()
  })
})

describe('what is signed here', () => {
  test.each([...SIGNING_ALGORITHMS])('by %s is what jose and verifyJwt accept', async (algorithm) => {
    const signer = createKey(algorithm)
    const jwt = signJwt(signer, 'at+jwt', { sub: 'é', absent: undefined })
    const { payload, protectedHeader } = await compactVerify(jwt, signer.publicKey)
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: signer.keyId })
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({ sub: 'é' })
    const keys = { jwks: { keys: [key.jwk, signer.jwk] } }
    expect((await verifyJwt(jwt, any({ keys, types: ['at+jwt'] }))).claims).toEqual({ sub: 'é' })
  })

  test('is read back whatever the claims', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
        async (record) => {
          const { exp, nbf, iat, ...claims } = JSON.parse(JSON.stringify(record)) as Record<string, unknown>
          expect((await verifyJwt(signJwt(key, 'JWT', claims), any())).claims).toEqual(claims)
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('refused', () => {
  test('alg none, however it is written', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      await reject(unsigned({ alg }, { sub: 'x' }), any(), 'algorithm')
    }
  })

  test('HMAC by the public key (key confusion)', async () => {
    const pem = key.publicKey.export({ type: 'spki', format: 'pem' })
    const jwt = await jwtBy(createSecretKey(Buffer.from(pem)), { alg: 'HS256' }, { sub: 'x' })
    await reject(jwt, any(), 'algorithm')
    await reject(jwt, any({ algorithms: [...ASYMMETRIC_ALGORITHMS, ...HMAC_ALGORITHMS] }), 'signature')
  })

  test('an asymmetric algorithm where only secrets are known', async () => {
    const jwt = signJwt(key, 'JWT', {})
    await reject(jwt, any({ keys: { secrets: [new Uint8Array(32)] } }), 'No key is known')
  })

  test('another key, and one that is not known is told apart', async () => {
    const jwt = signJwt({ ...other, keyId: key.keyId }, 'JWT', {})
    expect(isMissingKey(await reject(jwt, any(), 'signature'))).toBe(false)
    expect(isMissingKey(await reject(signJwt(other, 'JWT', {}), any(), 'No known key'))).toBe(true)
  })

  test('a key that the JWT brings along (jwk, jku, x5u, x5c)', async () => {
    for (const header of [
      { jwk: other.jwk },
      { jku: 'https://evil.example/jwks' },
      { x5u: 'https://evil.example/x5u' },
      { x5c: ['AAAA'] },
    ])
      await reject(await jwtBy(other.privateKey, { ...header, kid: key.keyId }, {}), any(), 'signature')
  })

  test.each(["' OR 1=1 --", '../../../../dev/null', '__proto__', 'x'.repeat(10_000)])(
    'a made-up key id',
    async (kid) => {
      await reject(await jwtBy(key.privateKey, { kid }, {}), any(), 'No known key')
    },
  )

  test('critical header parameters', async () => {
    const jwt = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', crit: ['x'], x: 1 })
      .sign(key.privateKey, { crit: { x: true } })
    await reject(jwt, any(), 'critical')
  })

  test('another type, and none where one is needed', async () => {
    await reject(await jwtBy(key.privateKey, { typ: 'at+jwt' }, {}), any(), 'type')
    await reject(await jwtBy(key.privateKey, {}, {}), any({ types: ['at+jwt'] }), 'type')
    const written = await jwtBy(key.privateKey, { typ: 'application/AT+JWT' }, {})
    expect((await verifyJwt(written, any({ types: ['at+jwt'] }))).header.typ).toBe('at+jwt')
  })

  test.each([
    ['expired 10 seconds ago', { exp: SECONDS - 10 }, 'expired'],
    ['not valid for another 11 seconds', { nbf: SECONDS + 11 }, 'not valid yet'],
    ['made in 11 seconds', { iat: SECONDS + 11 }, 'future'],
    ['an expiry in words', { exp: 'tomorrow' }, 'not a number'],
    ['an expiry that is null', { exp: null }, 'not a number'],
    ['a start that is a list', { nbf: [1] }, 'not a number'],
  ])('%s', async (_, claims, message) => {
    const jwt = await new SignJWT(claims as Record<string, unknown>)
      .setProtectedHeader({ alg: 'ES256' })
      .sign(key.privateKey)
    await reject(jwt, any(), message)
  })

  test('claims that are no object', async () => {
    for (const payload of ['[]', 'null', '"x"', '1', '', '{', '\ufeff{']) {
      const input = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
      const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
      await reject(`${input}.${signature.toString('base64url')}`, any(), 'claims')
    }
  })

  test('a signature in DER instead of JOSE’s form', async () => {
    const [header, payload] = signJwt(key, 'JWT', {}).split('.')
    const der = sign('sha256', Buffer.from(`${header}.${payload}`), key.privateKey).toString('base64url')
    await reject(`${header}.${payload}.${der}`, any(), 'signature')
  })
})

test('clocks may differ by ten seconds', async () => {
  const jwt = await jwtBy(key.privateKey, {}, { exp: SECONDS - 9, nbf: SECONDS + 10, iat: SECONDS + 10 })
  expect((await verifyJwt(jwt, any())).claims).toMatchObject({ exp: SECONDS - 9 })
})

test('of several keys without an id, the one that fits counts', async () => {
  const bare = ({ jwk: { kid, ...jwk } }: TestKey) => jwk
  const jwt = await jwtBy(key.privateKey, {}, { sub: 'x' })
  const keys = { jwks: { keys: [bare(other), bare(key)] } }
  expect((await verifyJwt(jwt, any({ keys }))).claims).toEqual({ sub: 'x' })
  await reject(jwt, any({ keys: { jwks: { keys: [bare(other), bare(createKey())] } } }), 'signature')
})

test('of two secrets during rotation either counts', async () => {
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const jwt = await jwtBy(second, { alg: 'HS256' }, { sub: 'x' })
  const expectation = any({ keys: { secrets: [first, second] }, algorithms: HMAC_ALGORITHMS })
  expect((await verifyJwt(jwt, expectation)).claims).toEqual({ sub: 'x' })
  await reject(jwt, { ...expectation, keys: { secrets: [first] } }, 'signature')
})

test('a single key counts whatever the header calls it', async () => {
  const jwt = await jwtBy(key.privateKey, { kid: 'made up' }, { sub: 'x' })
  const jwk = parsePublicJwk(
    createPublicKey(key.publicKey.export({ type: 'spki', format: 'pem' })).export({ format: 'jwk' }),
  )
  if (!jwk) throw new Error('It is a public key.')
  expect((await verifyJwt(jwt, any({ keys: { key: jwk } }))).claims).toEqual({ sub: 'x' })
})

describe('a key set that a client publishes (RFC 7517 §5)', () => {
  test('is its public keys of known kinds', () => {
    const document = {
      keys: [key.jwk, { kty: 'XYZ' }, { kty: 'oct', k: 'AAAA' }, { ...other.jwk, d: 'AAAA' }, null],
    }
    expect(parseJwks(document)).toEqual({ keys: [key.jwk] })
  })

  test('is nothing else', () => {
    const tooMany = { keys: Array.from({ length: 101 }, () => key.jwk) }
    for (const document of [null, undefined, [], 'x', {}, { keys: {} }, tooMany])
      expect(parseJwks(document)).toBeUndefined()
  })
})

test('any text, and any JWT with something changed, is refused as no valid JWT', async () => {
  const jwt = signJwt(key, 'JWT', { sub: 'x' })
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map((text) => `${text}.${text}.${text}`),
    fc
      .tuple(fc.nat(jwt.length - 1), fc.constantFrom('', '.', '=', '!', 'AB'))
      .map(([at, by]) => jwt.slice(0, at) + by + jwt.slice(at + 1)),
  )
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      if (text === jwt) return
      expect(await verifyJwt(text, any()).catch((error: unknown) => error)).toBeInstanceOf(JwtError)
    }),
    { numRuns: 300 },
  )
  expect(decodeProtectedHeader(jwt).alg).toBe('ES256')
})
