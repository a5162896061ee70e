/**
 * One-time passwords as standards have them: HOTP (RFC 4226), TOTP (RFC 6238), base32 (RFC 4648), and the URI that
 * authenticator apps read. Pure: secrets and the time are given.
 */
export { CROCKFORD, encodeBase32 } from './base32.ts'
export { otpauthUri } from './otpauth-uri.ts'
export { verifyTotp } from './totp.ts'
