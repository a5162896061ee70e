import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAuthenticatorData } from '@simplewebauthn/server/helpers'
import {
  acceptAssertion,
  storeCredential,
  type VerifiedRegistration,
  verifyAssertion,
  verifyRegistration,
} from '../../../src/credentials/index.ts'
import { hex, SYSTEM, silentLog } from '../../../src/kernel/index.ts'
import { testDialects } from '../../support/databases.ts'
import { type TestServer, testServer } from '../../support/server.ts'
import {
  ask,
  attestationRootPem,
  authenticationOf,
  authenticatorDataOf,
  bytes,
  CROSS_ORIGIN,
  ORIGIN,
  RP_ID,
  registrationOf,
  VECTORS,
  type Vector,
} from './vectors.ts'

const origin = { actor: SYSTEM, log: silentLog }
const folder = mkdtempSync(join(tmpdir(), 'authy2-roots-'))
afterAll(() => rmSync(folder, { recursive: true }))
const rootsFile = join(folder, 'roots.pem')
writeFileSync(rootsFile, attestationRootPem())

const ENV = { PUBLIC_URL: ORIGIN }
const WITH_ROOTS = { ...ENV, WEBAUTHN_ATTESTATION_ROOTS_FILE: rootsFile }

async function register(t: TestServer, userId: string, { registration }: Pick<Vector, 'registration'>) {
  await ask(t, registration.challenge, { purpose: 'registration', boundTo: userId })
  return verifyRegistration(t.deps, origin, { userId, response: registrationOf(registration) })
}

async function authenticate(t: TestServer, userId: string, vector: Vector) {
  const use = { purpose: 'second_factor', boundTo: userId } as const
  await ask(t, vector.authentication.challenge, use)
  return verifyAssertion(t.deps, origin, { ...use, userId, response: authenticationOf(vector) })
}

/** The flags of authenticator data: Level 3 §6.1. */
const hasFlag = (authenticatorData: Uint8Array, bit: number) => ((authenticatorData[32] ?? 0) & bit) !== 0

const accepted = VECTORS.filter(({ name }) => !name.includes('U2F'))

describe.each(testDialects)('the vectors of the specification on $name', (dialect) => {
  test.each(accepted)('$name', async (vector) => {
    await using t = await testServer({ dialect, env: WITH_ROOTS })
    const { user } = await t.signedIn()
    const verified = await register(t, user.id, vector)
    if ('failure' in verified) throw new Error(verified.failure)
    const authData = authenticatorDataOf(vector.registration.attestationObject)
    expect(verified).toMatchObject({
      credentialId: registrationOf(vector.registration).id,
      aaguid: hex(authData.slice(37, 53)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      isAttested: vector.isAttested,
      isUserVerified: hasFlag(authData, 0x04),
      isMultiDevice: hasFlag(authData, 0x08),
      isBackedUp: hasFlag(authData, 0x10),
      signCount: 0,
      transports: ['usb'],
    })

    const stored = await t.write((ctx) => storeCredential(ctx, { userId: user.id, verified }))
    const asserted = await authenticate(t, user.id, vector)
    if ('failure' in asserted) throw new Error(asserted.failure)
    const authenticatorData = bytes(vector.authentication.authenticatorData)
    expect(asserted).toMatchObject({
      credential: { id: stored.id },
      isUserVerified: hasFlag(authenticatorData, 0x04),
      isBackedUp: hasFlag(authenticatorData, 0x10),
      newSignCount: 0,
    })
    expect(await t.write((ctx) => acceptAssertion(ctx, asserted))).toBe(true)
  })

  test('without roots nobody is vouched for', async () => {
    await using t = await testServer({ dialect, env: ENV })
    const { user } = await t.signedIn()
    for (const vector of accepted) {
      expect(await register(t, user.id, vector)).toMatchObject({ isAttested: false })
    }
  })

  test('§16.4 made in a frame of another site: refused', async () => {
    await using t = await testServer({ dialect, env: ENV })
    const { user } = await t.signedIn()
    await ask(t, CROSS_ORIGIN.challenge, { purpose: 'registration', boundTo: user.id })
    const response = registrationOf(CROSS_ORIGIN, { crossOrigin: true })
    expect(await verifyRegistration(t.deps, origin, { userId: user.id, response })).toEqual({
      failure: 'invalid',
    })
  })

  // A U2F statement does not sign the AAGUID: with any but zeros a key could pass for a model that it is not.
  test('a U2F registration that names a model is refused; its signature is good', async () => {
    await using t = await testServer({ dialect, env: WITH_ROOTS })
    const { user } = await t.signedIn()
    const vector = VECTORS.find(({ name }) => name.includes('U2F'))
    if (!vector) throw new Error('No such vector')
    expect(await register(t, user.id, vector)).toEqual({ failure: 'invalid' })

    const authData = new Uint8Array(authenticatorDataOf(vector.registration.attestationObject))
    const { credentialPublicKey } = parseAuthenticatorData(authData)
    const verified: VerifiedRegistration = {
      credentialId: registrationOf(vector.registration).id,
      publicKey: credentialPublicKey ?? new Uint8Array(),
      signCount: 0,
      transports: ['usb'],
      aaguid: '00000000-0000-0000-0000-000000000000',
      isAttested: false,
      isUserVerified: false,
      isMultiDevice: false,
      isBackedUp: false,
      isDiscoverable: false,
    }
    await t.write((ctx) => storeCredential(ctx, { userId: user.id, verified }))
    expect(await authenticate(t, user.id, vector)).toMatchObject({ newSignCount: 0 })
  })
})

describe('what is not what the vectors are', () => {
  const vector = VECTORS[2]
  if (!vector) throw new Error('No such vector')

  test.each([
    ['another RP id', { PUBLIC_URL: 'https://example.com' }],
    ['another origin', { PUBLIC_URL: 'https://id.example.org', WEBAUTHN_RP_ID: RP_ID }],
  ])('%s', async (_, env) => {
    await using t = await testServer({ env })
    const { user } = await t.signedIn()
    expect(await register(t, user.id, vector)).toEqual({ failure: 'invalid' })
  })

  test('after the certificates have ended nobody is vouched for', async () => {
    await using t = await testServer({ env: WITH_ROOTS, now: '3024-06-01T00:00:00Z' })
    const { user } = await t.signedIn()
    expect(await register(t, user.id, vector)).toMatchObject({ isAttested: false })
  })

  test('a changed statement does not verify, attested or not', async () => {
    await using t = await testServer({ env: WITH_ROOTS })
    const { user } = await t.signedIn()
    for (const changed of ['3f19ec4b229f46ab', '876ca4f52071c3e9', '1cf27f25da591208']) {
      const attestationObject = vector.registration.attestationObject.replace(changed, '00'.repeat(8))
      expect(attestationObject).not.toBe(vector.registration.attestationObject)
      const registration = { ...vector.registration, attestationObject }
      expect(await register(t, user.id, { ...vector, registration })).toEqual({ failure: 'invalid' })
    }
  })
})
