import { base64url, parseBase64url, sha256 } from './bytes.ts'
import type { RandomSource } from './random.ts'

/**
 * The kinds of opaque bearer secrets, by prefix, so that a person, a log filter and a secret scanner
 * can tell them apart, and so that one kind is never accepted as another.
 */
export const TOKEN_PREFIX = {
  session: 'a2s_',
  apiKey: 'a2k_',
  refresh: 'a2r_',
  invite: 'a2i_',
  emailVerification: 'a2v_',
  passwordReset: 'a2p_',
  device: 'a2d_',
  mfa: 'a2m_',
  recovery: 'a2o_',
  clientSecret: 'a2c_',
  initialAccess: 'a2n_',
  registrationAccess: 'a2g_',
  accessToken: 'a2t_',
  authorizationCode: 'a2x_',
  deviceCode: 'a2e_',
  browser: 'a2b_',
} as const
export type TokenKind = keyof typeof TOKEN_PREFIX

const SECRET_BYTES = 32
const CHECKSUM_LENGTH = 6

/**
 * A new secret of 256 random bits: `<prefix><43 characters><6 characters of checksum>`. With a `name`, which is bytes by
 * which to find what it belongs to, these come before the random ones.
 */
export function createToken(kind: TokenKind, random: RandomSource, name?: Uint8Array): string {
  const secret = random.bytes(SECRET_BYTES)
  const body = TOKEN_PREFIX[kind] + base64url(name ? Buffer.concat([name, secret]) : secret)
  return body + checksum(body)
}

/**
 * The digest under which a token is stored, or undefined when the text cannot be a token of this kind:
 * wrong prefix, length or checksum are refused without a look-up.
 */
export const tokenDigest = (kind: TokenKind, token: string): Uint8Array | undefined =>
  bodyOf(kind, token, SECRET_BYTES) === undefined ? undefined : sha256(token)

/** The name that a token was created with; undefined when the text cannot be a token with one of so many bytes. */
export function tokenName(kind: TokenKind, token: string, bytes: number): Uint8Array | undefined {
  const body = bodyOf(kind, token, bytes + SECRET_BYTES)
  return body === undefined ? undefined : parseBase64url(body)?.subarray(0, bytes)
}

/** What is between the prefix and the checksum, if these are right and there is as much as so many bytes take. */
function bodyOf(kind: TokenKind, token: string, bytes: number): string | undefined {
  const prefix = TOKEN_PREFIX[kind]
  const end = prefix.length + Math.ceil((bytes * 4) / 3)
  if (token.length !== end + CHECKSUM_LENGTH || !token.startsWith(prefix)) return undefined
  return checksum(token.slice(0, end)) === token.slice(end) ? token.slice(prefix.length, end) : undefined
}

/** Not a secret and not a proof: it only tells a mistyped token from a real one. */
const checksum = (body: string) => Bun.hash.crc32(body).toString(36).padStart(7, '0').slice(-CHECKSUM_LENGTH)
