import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { processDeviceAuthorizationResponse } from 'oauth4webapi'
import {
  encodeDeviceAuthorization,
  parseDeviceAuthorizationRequest,
} from '../../../src/protocol/oauth/device-authorization.ts'
import { parseParameters } from '../../../src/protocol/oauth/parameters.ts'
import { protectedResourceMetadata } from '../../../src/protocol/oauth/protected-resource-metadata.ts'
import { createUserCode, displayUserCode, parseUserCode } from '../../../src/protocol/oauth/user-code.ts'
import { refusalCode } from './refusal.ts'

const entropy = fc.uint8Array({ minLength: 16, maxLength: 16 })

describe('a user code (RFC 8628 §6.1)', () => {
  test('is eight letters that are not mistaken and make no words', () => {
    fc.assert(
      fc.property(entropy, (bytes) => {
        expect(createUserCode(bytes)).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
      }),
    )
  })

  test('is read however it is typed', () => {
    fc.assert(
      fc.property(entropy, (bytes) => {
        const code = createUserCode(bytes)
        const shown = displayUserCode(code)
        expect(shown).toMatch(/^[A-Z]{4}-[A-Z]{4}$/)
        for (const typed of [
          code,
          shown,
          shown.toLowerCase(),
          ` ${shown} `,
          [...code].join(' '),
          shown.replace('-', '–'),
        ])
          expect(parseUserCode(typed)).toBe(code)
      }),
    )
    expect(parseUserCode('wdjb-mjht')).toBe('WDJBMJHT')
  })

  test.each(['', 'WDJB-MJH', 'WDJB-MJHTT', 'WDJA-MJHT', 'WDJB-MJH1', 'WDJB-MJHТ', 'WDJBMJHT'.repeat(1_000)])(
    'is not %p',
    (typed) => expect(parseUserCode(typed)).toBeUndefined(),
  )

  test('has every letter equally often', () => {
    const counts = new Map<string, number>()
    for (let index = 0; index < 5_000; index++) {
      const bytes = new Bun.CryptoHasher('sha256').update(String(index)).digest().subarray(0, 16)
      for (const letter of createUserCode(bytes)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    expect(counts.size).toBe(20)
    // 40,000 letters, 2,000 of each; six standard deviations to either side.
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(262)
  })

  test('is made of 16 bytes', () => expect(() => createUserCode(new Uint8Array(15))).toThrow('16'))
})

test('a device asks for a scope (RFC 8628 §3.1)', async () => {
  expect(parseDeviceAuthorizationRequest(parseParameters('client_id=cli&scope=openid+api'))).toEqual({
    scope: ['openid', 'api'],
    resources: [],
  })
  expect(parseDeviceAuthorizationRequest(parseParameters('client_id=cli')).scope).toBeUndefined()
  expect(await refusalCode(() => parseDeviceAuthorizationRequest(parseParameters('scope=%22')))).toBe(
    'invalid_scope',
  )
})

test('and is told what to show (RFC 8628 §3.2)', async () => {
  const encoded = encodeDeviceAuthorization({
    deviceCode: 'a2d_code',
    userCode: 'WDJBMJHT',
    verificationUri: 'https://id.example.com/device',
    lifetimeSeconds: 600,
    intervalSeconds: 5,
  })
  const read = await processDeviceAuthorizationResponse(
    { issuer: 'https://id.example.com' },
    { client_id: 'cli' },
    Response.json(encoded),
  )
  expect(read).toMatchObject({
    user_code: 'WDJB-MJHT',
    verification_uri_complete: 'https://id.example.com/device?user_code=WDJB-MJHT',
    interval: 5,
  })
})

test('a protected resource names its authorization servers (RFC 9728 §2)', () => {
  expect(
    protectedResourceMetadata({
      resource: 'https://id.example.com/api/v1',
      name: 'Authy2 API',
      authorizationServers: ['https://id.example.com'],
      scopes: ['organizations:read'],
      dpopAlgorithms: ['ES256'],
    }),
  ).toEqual({
    resource: 'https://id.example.com/api/v1',
    resource_name: 'Authy2 API',
    authorization_servers: ['https://id.example.com'],
    scopes_supported: ['organizations:read'],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256'],
  })
})
