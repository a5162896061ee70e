import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAuthenticatorData } from '@simplewebauthn/server/helpers'
import {
  acceptAssertion,
  storeCredential,
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
  ORIGIN,
  RP_ID,
  registrationOf,
  TPM_OF_A_MANUFACTURER,
  VECTORS,
  type Vector,
  vector,
} from './vectors.ts'

const origin = { actor: SYSTEM, log: silentLog }
const folder = mkdtempSync(join(tmpdir(), 'authy2-roots-'))
afterAll(() => rmSync(folder, { recursive: true }))
const rootsFile = join(folder, 'roots.pem')
writeFileSync(rootsFile, attestationRootPem())

const ENV = { PUBLIC_URL: ORIGIN }
const WITH_ROOTS = { ...ENV, WEBAUTHN_ATTESTATION_ROOTS_FILE: rootsFile }
const INVALID = { failure: 'invalid' } as const

/**
 * What each vector is answered. `none`: where nobody asks for a statement, which is the rule. `direct`: where an
 * organization allows certain models only, and the root of the vectors is known.
 */
const FROM_A_FRAME = { none: 'refused', direct: 'refused', signing: 'refused' } as const
const NOT_ASKED_FOR = { none: 'refused', direct: 'refused', signing: 'verified' } as const
const NOT_VOUCHED_FOR = { none: 'verified', direct: 'verified', signing: 'verified' } as const
const VOUCHED_FOR = { none: 'verified', direct: 'attested', signing: 'verified' } as const
const ANSWERS: Readonly<Record<string, Readonly<Record<'none' | 'direct' | 'signing', string>>>> = {
  'none.ES256': NOT_VOUCHED_FOR,
  'packed-self.ES256': NOT_VOUCHED_FOR,
  'none.ES256.crossOrigin': FROM_A_FRAME,
  'none.ES256.topOrigin': FROM_A_FRAME,
  'none.ES256.long-credential-id': NOT_VOUCHED_FOR,
  'packed.ES256': VOUCHED_FOR,
  'packed.ES384': NOT_ASKED_FOR,
  'packed.ES512': NOT_ASKED_FOR,
  'packed.RS256': VOUCHED_FOR,
  'packed.EdDSA': VOUCHED_FOR,
  // Neither asked for, nor known to what verifies.
  'packed.Ed448': { ...NOT_ASKED_FOR, signing: 'refused' },
  // Its certificate names no manufacturer that there is: `id:00000000`. Level 3 §8.3.1
  'tpm.ES256': { ...NOT_VOUCHED_FOR, direct: 'refused' },
  // Says where a key is, not of which model: not looked at.
  'android-key.ES256': NOT_VOUCHED_FOR,
  'apple.ES256': VOUCHED_FOR,
  // Such a statement does not sign the AAGUID: with any but zeros a key could pass for a model that it is not.
  'fido-u2f.ES256': { ...NOT_VOUCHED_FOR, direct: 'refused' },
}

interface Registering {
  readonly userId: string
  readonly isAttested: boolean
}

async function register(t: TestServer, { userId, isAttested }: Registering, given: Vector) {
  await ask(t, given.registration.challenge, { purpose: 'registration', boundTo: userId })
  return verifyRegistration(t.deps, origin, { userId, isAttested, response: registrationOf(given) })
}

async function authenticate(t: TestServer, userId: string, given: Vector) {
  const use = { purpose: 'second_factor', boundTo: userId } as const
  await ask(t, given.authentication.challenge, use)
  return verifyAssertion(t.deps, origin, { ...use, userId, response: authenticationOf(given) })
}

/** The flags of authenticator data: Level 3 §6.1. */
const hasFlag = (authenticatorData: Uint8Array, bit: number) => ((authenticatorData[32] ?? 0) & bit) !== 0

/** What authenticator data says of a credential, as it is stored. */
function credentialOf(given: Vector) {
  const authData = new Uint8Array(authenticatorDataOf(given.registration.attestationObject))
  return {
    credentialId: registrationOf(given).id,
    publicKey: parseAuthenticatorData(authData).credentialPublicKey ?? new Uint8Array(),
    aaguid: hex(authData.slice(37, 53)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    isUserVerified: hasFlag(authData, 0x04),
    isMultiDevice: hasFlag(authData, 0x08),
    isBackedUp: hasFlag(authData, 0x10),
    signCount: 0,
    transports: ['usb'],
  }
}

test('the vectors are those of the specification, and each has its answer', () => {
  expect(VECTORS.map(({ section }) => section)).toEqual(
    Array.from({ length: 15 }, (_, number) => `§16.${number + 2}`),
  )
  expect(VECTORS.map(({ name }) => name)).toEqual(Object.keys(ANSWERS))
})

describe.each(testDialects)('the vectors of the specification on $name', (dialect) => {
  test.each([...VECTORS])('$section $name', async (given) => {
    await using t = await testServer({ dialect, env: WITH_ROOTS })
    const { user } = await t.signedIn()
    const answers = ANSWERS[given.name]
    const credential = credentialOf(given)
    for (const attestation of ['none', 'direct'] as const) {
      const input = { userId: user.id, isAttested: attestation === 'direct' }
      const verified = await register(t, input, given)
      if (answers?.[attestation] === 'refused') expect(verified).toEqual(INVALID)
      else
        expect(verified).toMatchObject({ ...credential, isAttested: answers?.[attestation] === 'attested' })
    }
    const stored = await t.write((ctx) =>
      storeCredential(ctx, {
        userId: user.id,
        verified: { ...credential, isAttested: false, isDiscoverable: false },
      }),
    )
    const asserted = await authenticate(t, user.id, given)
    if (answers?.signing === 'refused') return expect(asserted).toEqual({ ...INVALID, userId: user.id })
    if ('failure' in asserted) throw new Error(asserted.failure)
    const authenticatorData = bytes(given.authentication.authenticatorData)
    expect(asserted).toMatchObject({
      credential: { id: stored.id },
      isUserVerified: hasFlag(authenticatorData, 0x04),
      isBackedUp: hasFlag(authenticatorData, 0x10),
      newSignCount: 0,
    })
    expect(await t.write((ctx) => acceptAssertion(ctx, asserted))).toBe(true)
  })
})

test('a TPM of a known manufacturer is vouched for', async () => {
  await using t = await testServer({ env: WITH_ROOTS })
  const { user } = await t.signedIn()
  const given = vector('tpm.ES256')
  const registration = { ...given.registration, attestationObject: TPM_OF_A_MANUFACTURER }
  const verified = await register(t, { userId: user.id, isAttested: true }, { ...given, registration })
  expect(verified).toMatchObject({ credentialId: registrationOf(given).id, isAttested: true })
})

test('without roots nobody is vouched for', async () => {
  await using t = await testServer({ env: ENV })
  const { user } = await t.signedIn()
  for (const given of VECTORS.filter(({ name }) => ANSWERS[name]?.direct === 'attested')) {
    expect(await register(t, { userId: user.id, isAttested: true }, given)).toMatchObject({
      isAttested: false,
    })
  }
})

describe('what is not what the vectors are', () => {
  const given = vector('packed.ES256')

  /** With eight bytes of its attestation object replaced. */
  function changed(these: string): Vector {
    const attestationObject = given.registration.attestationObject.replace(these, '00'.repeat(8))
    expect(attestationObject).not.toBe(given.registration.attestationObject)
    return { ...given, registration: { ...given.registration, attestationObject } }
  }

  test.each([
    ['another RP id', { PUBLIC_URL: 'https://example.com' }],
    ['another origin', { PUBLIC_URL: 'https://id.example.org', WEBAUTHN_RP_ID: RP_ID }],
  ])('%s', async (_, env) => {
    await using t = await testServer({ env })
    const { user } = await t.signedIn()
    expect(await register(t, { userId: user.id, isAttested: false }, given)).toEqual(INVALID)
    expect(await register(t, { userId: user.id, isAttested: true }, given)).toEqual(INVALID)
  })

  test('after the certificates have ended nobody is vouched for', async () => {
    await using t = await testServer({ env: WITH_ROOTS, now: '3024-06-01T00:00:00Z' })
    const { user } = await t.signedIn()
    const input = { userId: user.id, isAttested: true }
    expect(await register(t, input, given)).toMatchObject({ isAttested: false })
  })

  test.each([
    ['its signature', '3f19ec4b229f46ab'],
    ['the AAGUID', '876ca4f52071c3e9'],
    ['the public key', '1cf27f25da591208'],
  ])('with %s changed a statement that was asked for is refused', async (_, these) => {
    await using t = await testServer({ env: WITH_ROOTS })
    const { user } = await t.signedIn()
    expect(await register(t, { userId: user.id, isAttested: true }, changed(these))).toEqual(INVALID)
  })

  test('a statement that nobody asked for vouches for nothing, and keeps nobody from enrolling', async () => {
    await using t = await testServer({ env: WITH_ROOTS })
    const { user } = await t.signedIn()
    const broken = changed('3f19ec4b229f46ab')
    const unknown = { ...given.registration, attestationObject: withFormat('compound') }
    for (const each of [given, broken, { ...given, registration: unknown }]) {
      expect(await register(t, { userId: user.id, isAttested: false }, each)).toMatchObject({
        credentialId: registrationOf(given).id,
        isAttested: false,
      })
    }
  })

  test('a statement of a format that nobody knows vouches for nothing where one was asked for', async () => {
    await using t = await testServer({ env: WITH_ROOTS })
    const { user } = await t.signedIn()
    for (const format of ['compound', 'android-key', 'android-safetynet']) {
      const registration = { ...given.registration, attestationObject: withFormat(format) }
      expect(
        await register(t, { userId: user.id, isAttested: true }, { ...given, registration }),
      ).toMatchObject({
        isAttested: false,
      })
    }
  })

  /** The same object under another name: `fmt` is its first field, a text of less than 24 bytes. */
  function withFormat(format: string): string {
    const packed = `66${hex(Buffer.from('packed'))}`
    const named = hex(Uint8Array.of(0x60 | format.length)) + hex(Buffer.from(format))
    return given.registration.attestationObject.replace(packed, named)
  }
})
