/**
 * The test vectors of Web Authentication Level 3 §16.2 to §16.16 (RP id `example.org`), all of them. Client data is kept
 * as what differs in it: the challenge, and the random part of `extraData` where there is any.
 * https://www.w3.org/TR/webauthn-3/#sctn-test-vectors
 *
 * Compared with the text of the specification (`index.bs` of w3c/webauthn at 0529f819f797) byte for byte, client data
 * included: `none.ES256.topOrigin`, `packed.ES512`, `packed.Ed448` and `tpm.ES256`. The tests below refuse these in whole or
 * in part, so that a wrong byte would not show there.
 */
import { decodeAttestationObject, parseAuthenticatorData } from '@simplewebauthn/server/helpers'
import { addSeconds, base64url, sha256, utf8 } from '../../../src/kernel/index.ts'
import type { TestServer } from '../../support/server.ts'
import vectors from './vectors.json'

export const ORIGIN = 'https://example.org'
export const RP_ID = 'example.org'

interface Ceremony {
  readonly challenge: string
  readonly extraData?: string
}

export interface Vector {
  readonly section: string
  /** The format of the attestation, the algorithm of the credential, and what is special about it. */
  readonly name: string
  readonly registration: Ceremony & { readonly attestationObject: string }
  readonly authentication: Ceremony & { readonly authenticatorData: string; readonly signature: string }
}

export const VECTORS: readonly Vector[] = vectors

export function vector(name: string): Vector {
  const found = VECTORS.find((candidate) => candidate.name === name)
  if (!found) throw new Error(`There is no vector ${name}`)
  return found
}

export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

/** As the browser wrote it, byte for byte: §5.8.1.1. */
function clientData(
  type: 'webauthn.create' | 'webauthn.get',
  { name }: Vector,
  { challenge, extraData }: Ceremony,
): string {
  const hasTopOrigin = name.endsWith('.topOrigin')
  const extra = `clientDataJSON may be extended with additional fields in the future, such as this: ${extraData}`
  return base64url(
    utf8(
      JSON.stringify({
        type,
        challenge: base64url(bytes(challenge)),
        origin: ORIGIN,
        crossOrigin: hasTopOrigin || name.endsWith('.crossOrigin'),
        ...(hasTopOrigin && { topOrigin: 'https://example.com' }),
        ...(extraData !== undefined && { extraData: extra }),
      }),
    ),
  )
}

/** §16.1: what the attestation certificates below are issued by. */
const ATTESTATION_ROOT =
  '30820207308201ada003020102021100ed7f905d8bd0b414d1784913170a90b6300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a3062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d030107034200043269300e5ff7b699015f70cf80a8763bf705bc2e2af0c1b39cff718b7c35880ca30f319078d91b03389a006fdfc8a1dcd84edfa07d30aa13474a248a0dab5baaa3423040300f0603551d130101ff040530030101ff300e0603551d0f0101ff040403020106301d0603551d0e0416041445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d04030203480030450220483063b6bb08dcc83da33a02c11d2f42203176893554d138c614a36908724cc8022100f5ef2c912d4500b3e2f5b591d0622491e9f220dfd1f9734ec484bb7e90887663'

export const attestationRootPem = (): string => {
  const lines = Buffer.from(bytes(ATTESTATION_ROOT)).toString('base64').replace(/.{64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

export const authenticatorDataOf = (attestationObject: string): Uint8Array =>
  decodeAttestationObject(new Uint8Array(bytes(attestationObject))).get('authData')

/** As if we had asked: the challenges of the specification are not ours. */
export const ask = (
  t: TestServer,
  challenge: string,
  use: { readonly purpose: 'registration' | 'second_factor'; readonly boundTo: string },
): Promise<unknown> =>
  t.write((ctx) =>
    ctx.tx.insert(ctx.tx.t.webauthnChallenge).values({
      digest: sha256(bytes(challenge)),
      ...use,
      expiresAt: addSeconds(ctx.now, 300),
    }),
  )

/** What the browser would have given after `create()`. */
export const registrationOf = (vector: Vector) => ({
  ...identityOf(vector),
  response: {
    clientDataJSON: clientData('webauthn.create', vector, vector.registration),
    attestationObject: base64url(bytes(vector.registration.attestationObject)),
    transports: ['usb'],
  },
})

/** The same after `get()`. */
export const authenticationOf = (vector: Vector) => ({
  ...identityOf(vector),
  response: {
    clientDataJSON: clientData('webauthn.get', vector, vector.authentication),
    authenticatorData: base64url(bytes(vector.authentication.authenticatorData)),
    signature: base64url(bytes(vector.authentication.signature)),
  },
})

function identityOf({ registration }: Vector) {
  const { credentialID } = parseAuthenticatorData(
    new Uint8Array(authenticatorDataOf(registration.attestationObject)),
  )
  const id = base64url(credentialID ?? new Uint8Array())
  return { id, rawId: id, type: 'public-key' as const }
}

/** §16.13 again with a manufacturer that there is, for tests by the FIDO Alliance: `id:FFFFF1D0`. */
export const TPM_OF_A_MANUFACTURER =
  'a363666d746374706d6761747453746d74a663616c67266373696758463044022066e5826a652091030fd444e33c3eca2bc6dc548cf3045013addb38aa6457a21002203f3a5c95c9e707d0e555041bcc8698ee4ebc04e26cc8bae459705471789851766376657263322e30637835638159023b30820237308201dca0030201020210311fc42da0ab10c43a9b1bf3a75e34e2300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a30003059301306072a8648ce3d020106082a8648ce3d03010703420004c54e3f109094f60d7699b7db5d838569ffd1f3e1c9e897cd9eb40063f9402e3e9937e936cf1fcd5eb743ff443c97ab2edcd7c8e0e6cf6cfd413b8ab19fffa769a381d33081d0300c0603551d130101ff04023000300e0603551d0f0101ff040403020780301d0603551d0e041604145f546cb6973d4981e80fcdc7463859f5879680e4301f0603551d2304183016801445aff715b0dd786741fee996ebc16547a3931b1e30100603551d250409300706056781050803305e0603551d110101ff04543052a450304e314c3014060567810502010c0b69643a46464646463144303014060567810502030c0b69643a4646464646314430301e060567810502020c15576562417574686e207465737420766563746f7273300a06082a8648ce3d04030203490030460221009011dd8186d5f0060d4fdbf75dbc25ad0d68ec48d78dce611f80955b3716aa16022100ef96970daf2172f23522a3f5f13edd35fbb97bf31276590de23fc29890ba9bfe677075624172656158560023000b0004000000000010001000030010002041202698c9d9753fb4bb3f27cd09fe6b8afdb76438ee2ae54d7c9dade10d864b0020d8735115cdb330a63ea1d6e43d5000f4bd56f99bce83ee1d73301fc270116d076863657274496e666f5869ff544347801700000020277d0e05579dd013215a62273f7f3a3e7e191ead2654a3036d75a5a3ee37a6b0000000000000000011111111222222223300000000000000000022000b9c42d8aad5939331b9af3711af179f17123178098c9a7d0ca89fcd1fc800f3c7000068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54d000000004b92a377fc5f6107c4c85c190adbfd990020ec27bec7521c894bbb821105ea3724c90e770cf1fa354157ef18d0f18f78bea9a501020326200121582041202698c9d9753fb4bb3f27cd09fe6b8afdb76438ee2ae54d7c9dade10d864b225820d8735115cdb330a63ea1d6e43d5000f4bd56f99bce83ee1d73301fc270116d07'
