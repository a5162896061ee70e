import ipaddr from 'ipaddr.js'

type Cidr = ReturnType<typeof ipaddr.parseCIDR>

/**
 * Makes the function that names the client's address: the connection's, unless that is a trusted proxy;
 * then the rightmost entry of `X-Forwarded-For` that is not one. What stands left of that was written by
 * the client and proves nothing.
 */
export function clientAddress(trustedProxies: readonly string[]) {
  const trusted = trustedProxies.map(parseBlock)
  return (peer: string | undefined, forwardedFor: string | null): string | undefined => {
    const connection = peer === undefined ? undefined : withoutMapping(peer)
    if (trusted.length === 0 || forwardedFor === null || connection === undefined) return connection
    if (!isIn(trusted, connection)) return connection
    let client = connection
    for (const entry of forwardedFor.split(',').reverse()) {
      const address = normalize(entry.trim())
      if (address === undefined) return client
      client = address
      if (!isIn(trusted, address)) return client
    }
    return client
  }
}

/**
 * What a client is counted under: its address, of IPv6 the /64 that a single host commonly has to itself
 * (RFC 4291 §2.5.4), else each of its 2^64 addresses would be a stranger.
 */
export function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address
  const groups = ipaddr.IPv6.parse(address).parts.slice(0, 4)
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`
}

/** The socket's address is canonical already, but for IPv4 on a socket of both families. */
const withoutMapping = (peer: string) => (peer.startsWith('::ffff:') ? peer.slice('::ffff:'.length) : peer)

/**
 * Canonical text of an address, IPv4-mapped IPv6 as IPv4; undefined when it is none. Only four decimal numbers
 * are an IPv4 address: `1` and `010.0.0.1` mean different ones to different readers.
 */
function normalize(text: string): string | undefined {
  const isAddress = text.includes(':') ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text)
  return isAddress ? ipaddr.process(text).toString() : undefined
}

function parseBlock(text: string): Cidr {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.parse(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128] as Cidr
}

function isIn(blocks: readonly Cidr[], address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return blocks.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits))
}
