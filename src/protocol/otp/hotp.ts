import { createHmac } from 'node:crypto'

/**
 * The one-time password of a counter, with leading zeros: HMAC-SHA-1, truncated to 31 bits, of which the last
 * `digits` decimal ones count. RFC 4226 §5.3
 */
export function hotp({ secret, counter, digits }: HotpInput): string {
  const message = new DataView(new ArrayBuffer(8))
  message.setBigUint64(0, BigInt(counter))
  const mac = createHmac('sha1', secret).update(message).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0x0f
  const truncated = mac.readUInt32BE(offset) & 0x7fffffff
  return String(truncated % 10 ** digits).padStart(digits, '0')
}

export interface HotpInput {
  readonly secret: Uint8Array
  /** Not negative. */
  readonly counter: number
  readonly digits: number
}
