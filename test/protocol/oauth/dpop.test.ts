import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { customFetch, DPoP, generateKeyPair, protectedResourceRequest } from 'oauth4webapi'
import { accessTokenHash, type DpopExpectation, verifyDpopProof } from '../../../src/protocol/oauth/dpop.ts'
import { ASYMMETRIC_ALGORITHMS } from '../../../src/protocol/oauth/index.ts'
import { jwkThumbprint } from '../../../src/protocol/oauth/thumbprint.ts'
import { createKey, jwtBy, NOW, SECONDS, type TestKey, unsigned } from './jwts.ts'
import { isTotal, refusal, refusalCode } from './refusal.ts'

// RFC 9449 figures 2 and 12; §6.1, §7.1
const TOKEN_PROOF =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg'
const RESOURCE_PROOF =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA'
const ACCESS_TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
const THUMBPRINT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

const key = createKey()
const URL_OF_TOKEN = 'https://id.example.com/oidc/token'
const expectation: DpopExpectation = {
  method: 'POST',
  url: URL_OF_TOKEN,
  algorithms: ASYMMETRIC_ALGORITHMS,
  now: NOW,
}
const claims = { htm: 'POST', htu: URL_OF_TOKEN, iat: SECONDS, jti: 'j1' }
const publicJwk = ({ jwk: { kty, crv, x, y } }: TestKey) => ({ kty, crv, x, y })
const proof = (
  over: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
) => jwtBy(key.privateKey, { typ: 'dpop+jwt', jwk: publicJwk(key), ...header }, { ...claims, ...over })

describe('the examples of RFC 9449', () => {
  test('a token request (§5)', async () => {
    const now = new Date(1_562_262_616_000)
    const verified = await verifyDpopProof(TOKEN_PROOF, {
      ...expectation,
      url: 'https://server.example.com/token',
      now,
    })
    expect(verified.thumbprint).toBe(THUMBPRINT)
    expect(verified.expiresAt).toEqual(new Date(1_562_262_676_000))
  })

  test('a protected resource (§7.1)', async () => {
    const resource: DpopExpectation = {
      ...expectation,
      method: 'GET',
      url: 'https://resource.example.org/protectedresource',
      now: new Date(1_562_262_618_000),
      accessToken: { value: ACCESS_TOKEN, thumbprint: THUMBPRINT },
    }
    expect((await verifyDpopProof(RESOURCE_PROOF, resource)).thumbprint).toBe(THUMBPRINT)
    expect(accessTokenHash(ACCESS_TOKEN)).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
    for (const accessToken of [
      { value: `${ACCESS_TOKEN}x`, thumbprint: THUMBPRINT },
      { value: ACCESS_TOKEN, thumbprint: jwkThumbprint(key.jwk) },
    ])
      expect(await refusalCode(() => verifyDpopProof(RESOURCE_PROOF, { ...resource, accessToken }))).toBe(
        'invalid_dpop_proof',
      )
  })
})

test('a proof names its key, and what to remember until when', async () => {
  const first = await verifyDpopProof(await proof(), expectation)
  expect(first.thumbprint).toBe(key.keyId)
  expect((await verifyDpopProof(await proof({ iat: SECONDS - 30 }), expectation)).replayKey).toBe(
    first.replayKey,
  )
  expect((await verifyDpopProof(await proof({ jti: 'j2' }), expectation)).replayKey).not.toBe(first.replayKey)
})

describe('the URL is compared without query and fragment, in its normal form (§4.3)', () => {
  test.each([
    `${URL_OF_TOKEN}?x=1#y`,
    'HTTPS://ID.EXAMPLE.COM/oidc/token',
    'https://id.example.com:443/oidc/token',
    'https://id.example.com/x/../oidc/token',
  ])('%s', async (htu) => {
    expect((await verifyDpopProof(await proof({ htu }), expectation)).thumbprint).toBe(key.keyId)
  })
})

describe('refused with invalid_dpop_proof (RFC 9449 §4.3)', () => {
  test.each([
    ['another method', { htm: 'GET' }, {}],
    ['the method in lower case', { htm: 'post' }, {}],
    ['no method', { htm: undefined }, {}],
    ['another path', { htu: 'https://id.example.com/oidc/par' }, {}],
    ['another host', { htu: 'https://evil.example.com/oidc/token' }, {}],
    ['another scheme', { htu: 'http://id.example.com/oidc/token' }, {}],
    ['a slash at the end', { htu: `${URL_OF_TOKEN}/` }, {}],
    ['a URL that is none', { htu: 'token' }, {}],
    ['no URL', { htu: undefined }, {}],
    ['no time', { iat: undefined }, {}],
    ['a time in words', { iat: 'now' }, {}],
    ['a time 61 seconds ago', { iat: SECONDS - 61 }, {}],
    ['a time in a minute', { iat: SECONDS + 60 }, {}],
    ['an expiry that passed', { exp: SECONDS - 60 }, {}],
    ['no id', { jti: undefined }, {}],
    ['an empty id', { jti: '' }, {}],
    ['an id of 600 characters', { jti: 'x'.repeat(600) }, {}],
    ['no type', {}, { typ: undefined }],
    ['another type', {}, { typ: 'JWT' }],
    ['no key', {}, { jwk: undefined }],
    ['a private key', {}, { jwk: { ...publicJwk(key), d: 'AAAA' } }],
    ['a symmetric key', {}, { jwk: { kty: 'oct', k: 'AAAA' } }],
    ['a key of another kind', {}, { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' } }],
    ['another key than it was signed with', {}, { jwk: publicJwk(createKey()) }],
    ['a key that is a text', {}, { jwk: 'AAAA' }],
  ])('%s', async (_, over, header) => {
    const jwt = await proof(over, header)
    expect(await refusalCode(() => verifyDpopProof(jwt, expectation))).toBe('invalid_dpop_proof')
  })

  test('one without a signature, and one by HMAC', async () => {
    const header = { typ: 'dpop+jwt', jwk: publicJwk(key) }
    const attempts = [
      unsigned({ ...header, alg: 'none' }, claims),
      await jwtBy(Buffer.alloc(32), { ...header, alg: 'HS256' }, claims),
    ]
    for (const jwt of attempts)
      expect(await refusalCode(() => verifyDpopProof(jwt, expectation))).toBe('invalid_dpop_proof')
  })

  test('an algorithm that is not accepted', async () => {
    const jwt = await proof()
    expect(await refusalCode(() => verifyDpopProof(jwt, { ...expectation, algorithms: ['PS256'] }))).toBe(
      'invalid_dpop_proof',
    )
  })

  test('two proofs', async () => {
    const jwt = await proof()
    const error = await refusal(() => verifyDpopProof(`${jwt}, ${jwt}`, expectation))
    expect([error.code, error.message]).toEqual(['invalid_dpop_proof', 'There must be one DPoP proof.'])
  })

  test('a proof for one access token with another (ath)', async () => {
    const atResource = { ...expectation, accessToken: { value: 'token-1', thumbprint: key.keyId } }
    const right = await proof({ ath: accessTokenHash('token-1') })
    expect((await verifyDpopProof(right, atResource)).thumbprint).toBe(key.keyId)
    for (const ath of [accessTokenHash('token-2'), undefined, ''])
      expect(await refusalCode(async () => verifyDpopProof(await proof({ ath }), atResource))).toBe(
        'invalid_dpop_proof',
      )
  })

  test('any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), (text) =>
        isTotal(() => verifyDpopProof(text, expectation)),
      ),
    )
    const headers = fc.dictionary(fc.constantFrom('alg', 'typ', 'jwk', 'kid', 'crit'), fc.jsonValue())
    await fc.assert(
      fc.asyncProperty(headers, (header) =>
        isTotal(() => verifyDpopProof(`${unsigned(header, claims)}AAAA`, expectation)),
      ),
    )
  })
})

describe('a nonce, where one is needed (§8)', () => {
  const withNonces = { ...expectation, nonces: ['n2', 'n1'] }
  test('is one of those that were given out', async () => {
    for (const nonce of ['n1', 'n2'])
      expect((await verifyDpopProof(await proof({ nonce }), withNonces)).thumbprint).toBe(key.keyId)
  })

  test.each([undefined, 'n3', '', 1, null])('is asked for instead of %p', async (nonce) => {
    const jwt = await proof({ nonce })
    expect(await refusalCode(() => verifyDpopProof(jwt, withNonces))).toBe('use_dpop_nonce')
  })

  test('is not asked for with a proof that is wrong anyway', async () => {
    const jwt = await proof({ htm: 'GET' })
    expect(await refusalCode(() => verifyDpopProof(jwt, withNonces))).toBe('invalid_dpop_proof')
  })
})

describe('a proof by oauth4webapi is accepted', () => {
  test.each(['ES256', 'RS256', 'PS256', 'Ed25519'])('signed with %s', async (algorithm) => {
    const handle = DPoP({}, await generateKeyPair(algorithm))
    const url = new URL('https://api.example.com/things?page=2')
    let sent: string | undefined
    const capture = async (_: string, { headers }: { headers: Record<string, string> }) => {
      sent = headers.dpop
      return new Response()
    }
    await protectedResourceRequest('t0ken', 'GET', url, new Headers(), null, {
      DPoP: handle,
      [customFetch]: capture,
    })
    const verified = await verifyDpopProof(sent ?? '', {
      method: 'GET',
      url: url.href,
      algorithms: ASYMMETRIC_ALGORITHMS,
      now: new Date(),
      accessToken: { value: 't0ken', thumbprint: await handle.calculateThumbprint() },
    })
    expect(verified.thumbprint).toBe(await handle.calculateThumbprint())
  })
})
