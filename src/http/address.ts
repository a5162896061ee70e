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

/** The socket's address is canonical already, but for IPv4 on a socket of both families. */
const withoutMapping = (peer: string) => (peer.startsWith('::ffff:') ? peer.slice('::ffff:'.length) : peer)

/** Canonical text of an address, IPv4-mapped IPv6 as IPv4; undefined when it is none. */
function normalize(text: string): string | undefined {
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : undefined
}

function parseBlock(text: string): Cidr {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.parse(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128] as Cidr
}

function isIn(blocks: readonly Cidr[], address: string): boolean {
  const parsed = ipaddr.process(address)
  return blocks.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits))
}
