/**
 * Makes UUIDv7s (RFC 9562 §5.7) that sort by creation within one process, also inside one millisecond, from given
 * random bytes: the 12 bits after the time are a counter (§6.2 method 1) that starts at a random value below 2048.
 */
export function uuidGenerator(randomBytes: (length: number) => Uint8Array): (now: Date) => string {
  let lastMilliseconds = 0
  let counter = 0
  return (now) => {
    const bytes = randomBytes(16)
    const milliseconds = now.getTime()
    if (milliseconds > lastMilliseconds) {
      lastMilliseconds = milliseconds
      counter = (((bytes[6] ?? 0) & 0x07) << 8) | (bytes[7] ?? 0)
    } else if (++counter > 0xfff) {
      lastMilliseconds++ // §6.2: borrow from the future rather than repeat
      counter = 0
    }
    new DataView(bytes.buffer).setUint32(0, Math.floor(lastMilliseconds / 0x10000))
    new DataView(bytes.buffer).setUint16(4, lastMilliseconds % 0x10000)
    bytes[6] = 0x70 | (counter >> 8)
    bytes[7] = counter & 0xff
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    return formatUuid(bytes)
  }
}

/** The text form of the sixteen bytes of a UUID. RFC 9562 §4 */
export function formatUuid(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('hex')
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`
}
