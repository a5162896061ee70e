import { createHmac, timingSafeEqual } from 'node:crypto'

const encoder = new TextEncoder()

export const utf8 = (text: string): Uint8Array => encoder.encode(text)

/** Unpadded. RFC 4648 §5 */
export const base64url = (bytes: Uint8Array): string =>
  bytes.toBase64({ alphabet: 'base64url', omitPadding: true })

/** The bytes of an unpadded base64url text (RFC 4648 §5), or undefined when it is not one in canonical form. */
export function parseBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? new Uint8Array(bytes) : undefined
}

/** One character a byte: the shortest text to look bytes up by. */
export const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

export const sha256 = (data: Uint8Array | string): Uint8Array =>
  Bun.SHA256.hash(data, new Uint8Array(32)) as Uint8Array

/** RFC 2104. Not by `Bun.CryptoHasher`, which throws errors that other calls into the same library have left behind. */
export const hmacSha256 = (key: Uint8Array, data: Uint8Array | string): Uint8Array =>
  new Uint8Array(createHmac('sha256', key).update(data).digest())

/** True when both are equal; takes the same time wherever they differ. Lengths are not secret. */
export const constantTimeEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b)
