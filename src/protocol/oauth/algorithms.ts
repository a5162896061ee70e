/** RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2: what only the holder of a private key can make. Never `none`. */
export const ASYMMETRIC_ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const
/** What whoever can check can also make. RFC 7518 §3.2 */
export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const
