import { base64url, sha256 } from './bytes.ts'
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

const SECRET_LENGTH = 43 // 32 bytes in base64url
const CHECKSUM_LENGTH = 6

/** A new secret of 256 random bits: `<prefix><43 characters><6 characters of checksum>`. */
export function createToken(kind: TokenKind, random: RandomSource): string {
  const body = TOKEN_PREFIX[kind] + base64url(random.bytes(32))
  return body + checksum(body)
}

/**
 * The digest under which a token is stored, or undefined when the text cannot be a token of this kind:
 * wrong prefix, length or checksum are refused without a look-up.
 */
export function tokenDigest(kind: TokenKind, token: string): Uint8Array | undefined {
  const bodyLength = TOKEN_PREFIX[kind].length + SECRET_LENGTH
  if (token.length !== bodyLength + CHECKSUM_LENGTH || !token.startsWith(TOKEN_PREFIX[kind])) return undefined
  if (checksum(token.slice(0, bodyLength)) !== token.slice(bodyLength)) return undefined
  return sha256(token)
}

/** Not a secret and not a proof: it only tells a mistyped token from a real one. */
const checksum = (body: string) => Bun.hash.crc32(body).toString(36).padStart(7, '0').slice(-CHECKSUM_LENGTH)
