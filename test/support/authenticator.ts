import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { base64url, parseBase64url, sha256, utf8 } from '../../src/kernel/index.ts'

interface Behaviour {
  /** Where the page that asks is. */
  readonly origin: string
  readonly rpId: string
  /** A PIN or a fingerprint was asked for. */
  readonly isUserVerified: boolean
  /** Synced by a platform, so `swk`. */
  readonly isMultiDevice: boolean
  /** A counter that stays 0 says that there is none. */
  readonly countsSignatures: boolean
  readonly aaguid: string
  /** Says of each ceremony that it was the other one. */
  readonly swapsTypes: boolean
}

interface Held {
  readonly id: string
  readonly privateKey: KeyObject
  readonly userHandle: string
  signCount: number
}

const PLAIN: Behaviour = {
  origin: 'http://localhost:5000',
  rpId: 'localhost',
  isUserVerified: true,
  isMultiDevice: false,
  countsSignatures: true,
  aaguid: '00000000-0000-0000-0000-000000000000',
  swapsTypes: false,
}

/**
 * An authenticator and the browser around it, in software: ES256, attestation `none`. It answers the options that
 * the API gives with the JSON that `PublicKeyCredential.toJSON()` gives. Web Authentication Level 3 §5.1, §6.
 */
export class SoftwareAuthenticator {
  readonly #behaviour: Behaviour
  readonly #held: Held[] = []

  constructor(behaviour: Partial<Behaviour> = {}) {
    this.#behaviour = { ...PLAIN, ...behaviour }
  }

  /** `navigator.credentials.create()`. */
  register(options: PublicKeyCredentialCreationOptionsJSON): RegistrationResponseJSON {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const credentialId = new Uint8Array(randomBytes(32))
    const id = base64url(credentialId)
    this.#held.push({ id, privateKey, userHandle: options.user.id, signCount: 0 })
    const attested = join(
      Buffer.from(this.#behaviour.aaguid.replaceAll('-', ''), 'hex'),
      Uint8Array.of(0, credentialId.length),
      credentialId,
      coseKey(publicKey),
    )
    const attestationObject = cbor(
      new Map<CborKey, Cbor>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', this.#authenticatorData(0, attested)],
      ]),
    )
    return {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: base64url(this.#clientData('webauthn.create', options.challenge)),
        attestationObject: base64url(attestationObject),
        transports: ['internal'],
      },
    }
  }

  /** `navigator.credentials.get()`: by one of the allowed credentials, or by the latest that it has. */
  sign(options: PublicKeyCredentialRequestOptionsJSON): AuthenticationResponseJSON {
    const allowed = options.allowCredentials?.map(({ id }) => id) ?? []
    const held = this.#held.findLast(({ id }) => allowed.length === 0 || allowed.includes(id))
    if (!held) throw new Error('This authenticator has none of the allowed credentials')
    if (this.#behaviour.countsSignatures) held.signCount++
    const authenticatorData = this.#authenticatorData(held.signCount)
    const clientData = this.#clientData('webauthn.get', options.challenge)
    return {
      id: held.id,
      rawId: held.id,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: base64url(clientData),
        authenticatorData: base64url(authenticatorData),
        signature: base64url(sign('sha256', join(authenticatorData, sha256(clientData)), held.privateKey)),
        userHandle: held.userHandle,
      },
    }
  }

  /** A copy with the same keys and counts, as a thief of the keys has it. */
  clone(behaviour: Partial<Behaviour> = {}): SoftwareAuthenticator {
    const copy = new SoftwareAuthenticator({ ...this.#behaviour, ...behaviour })
    copy.#held.push(...this.#held.map((held) => ({ ...held })))
    return copy
  }

  #clientData(ceremony: 'webauthn.create' | 'webauthn.get', challenge: string): Uint8Array {
    const { origin, swapsTypes } = this.#behaviour
    const other = ceremony === 'webauthn.get' ? 'webauthn.create' : 'webauthn.get'
    const type = swapsTypes ? other : ceremony
    return utf8(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  }

  /** Web Authentication Level 3 §6.1 */
  #authenticatorData(signCount: number, attested?: Uint8Array): Uint8Array {
    const { rpId, isUserVerified, isMultiDevice } = this.#behaviour
    const flags =
      FLAG.userPresent |
      (isUserVerified ? FLAG.userVerified : 0) |
      (isMultiDevice ? FLAG.backupEligible | FLAG.backedUp : 0) |
      (attested ? FLAG.attestedCredential : 0)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(signCount)
    return join(sha256(rpId), Uint8Array.of(flags), count, attested ?? new Uint8Array())
  }
}

const FLAG = {
  userPresent: 0x01,
  userVerified: 0x04,
  backupEligible: 0x08,
  backedUp: 0x10,
  attestedCredential: 0x40,
}

/** EC2 key for ES256. RFC 9053 §7.1.1 */
function coseKey(publicKey: KeyObject): Uint8Array {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const [kty, alg, crv, xCoordinate, yCoordinate] = [1, 3, -1, -2, -3]
  return cbor(
    new Map<CborKey, Cbor>([
      [kty, 2],
      [alg, -7],
      [crv, 1],
      [xCoordinate, parseBase64url(x) ?? new Uint8Array()],
      [yCoordinate, parseBase64url(y) ?? new Uint8Array()],
    ]),
  )
}

type CborKey = number | string
type Cbor = number | string | Uint8Array | ReadonlyMap<CborKey, Cbor>

/** As much of RFC 8949 §3 as attestations are made of. */
function cbor(value: Cbor): Uint8Array {
  if (typeof value === 'number') return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value)
  if (typeof value === 'string') return join(cborHead(3, utf8(value).length), utf8(value))
  if (value instanceof Uint8Array) return join(cborHead(2, value.length), value)
  return join(cborHead(5, value.size), ...[...value].flat().map(cbor))
}

function cborHead(majorType: number, argument: number): Uint8Array {
  const type = majorType << 5
  if (argument < 24) return Uint8Array.of(type | argument)
  if (argument < 256) return Uint8Array.of(type | 24, argument)
  return Uint8Array.of(type | 25, argument >> 8, argument & 0xff)
}

const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
