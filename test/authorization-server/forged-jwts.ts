import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type TestKey, unsigned } from '../protocol/oauth/jwts.ts'

export interface Genuine {
  readonly key: TestKey
  readonly header: Readonly<Record<string, unknown>>
  /** With times in the present. */
  readonly claims: Readonly<Record<string, unknown>> & { readonly iat: number }
}

/**
 * Every way to pass off as good a JWT that the key's holder never made, or made for another time: what one reader of
 * JWTs has to refuse, all have to. RFC 8725 §2, §3
 */
export async function forgedJwts({
  key,
  header,
  claims,
}: Genuine): Promise<Readonly<Record<string, string>>> {
  const stranger = await generateKeyPair('ES256')
  const jwk = await exportJWK(stranger.publicKey)
  const now = claims.iat
  const by = (secret: CryptoKey | Uint8Array, over: object, changed: object = {}) =>
    new SignJWT({ ...claims, ...changed })
      .setProtectedHeader({ alg: 'ES256', ...header, ...over })
      .sign(secret)
  const own = (over: object, changed: object = {}) =>
    new SignJWT({ ...claims, ...changed })
      .setProtectedHeader({ alg: 'ES256', ...header, ...over })
      .sign(key.privateKey)
  const genuine = await own({})
  const [head = '', body = '', signature = ''] = genuine.split('.')
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const text = (value: string) => new TextEncoder().encode(value)
  return {
    'nobody signed': unsigned({ ...header, alg: 'none' }, claims),
    'nobody signed, in other capitals': unsigned({ ...header, alg: 'nOnE' }, claims),
    'nobody signed, under the algorithm of a signature': `${head}.${body}.`,
    'is signed with the public key as a secret (JWK)': await by(text(JSON.stringify(key.jwk)), {
      alg: 'HS256',
    }),
    'is signed with the public key as a secret (PEM)': await by(text(pem), { alg: 'HS256' }),
    'is signed by a stranger': await by(stranger.privateKey, {}),
    'brings its key along (jwk)': await by(stranger.privateKey, { jwk }),
    'says where its key is (jku)': await by(stranger.privateKey, { jku: 'https://evil.example/jwks' }),
    'says where its certificate is (x5u)': await by(stranger.privateKey, {
      x5u: 'https://evil.example/cert',
    }),
    'brings a certificate along (x5c)': await by(stranger.privateKey, { x5c: ['MIIB'] }),
    'names a file as its key (kid)': await by(stranger.privateKey, { kid: '../../../../dev/null' }),
    'names a statement as its key (kid)': await by(stranger.privateKey, { kid: "' union select 'x" }),
    'names no key of anybody': await own({ kid: 'unknown' }),
    'was changed': `${head}.${Buffer.from(JSON.stringify({ ...claims, x: 1 })).toString('base64url')}.${signature}`,
    'has another signature': `${head}.${body}.${'A'.repeat(86)}`,
    'has a zero signature': `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
    'is encrypted to nobody': `${head}..${body}.${signature}.x`,
    'understands nothing critical': await own({ crit: ['b64'], b64: true }),
    'has expired': await own({}, { exp: now - 60 }),
    'is from the future': await own({}, { iat: now + 3_600, exp: now + 7_200 }),
    'is not valid yet': await own({}, { nbf: now + 3_600 }),
    'expires in words': await own({}, { exp: 'never' }),
  }
}
