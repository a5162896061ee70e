import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** `allowed`: OUTBOUND_ALLOW has it, so that plain http is good enough, too. */
export type Reach = 'public' | 'allowed' | 'refused'

/** Makes the function that says whether an IP address (as text, without brackets) may be connected to. */
export function createReach(allow: readonly string[]): (address: string) => Reach {
  const allowed = allow.map((block) => ipaddr.parseCIDR(block))
  return (text) => {
    if (!ipaddr.isValid(text) || text.includes('%')) return 'refused' // a zone is for this link alone. RFC 4007 §11
    const address = ipaddr.process(text) // IPv4-mapped as IPv4
    const isAllowed = allowed.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    )
    if (isAllowed) return 'allowed'
    return isPublic(address) ? 'public' : 'refused'
  }
}

/** Azure's platform services answer at this one, public as it looks. */
const METADATA = ipaddr.parse('168.63.129.16').toString()

/** What the registries call globally reachable (RFC 6890), by a list of what is let in rather than kept out. */
function isPublic(address: Address): boolean {
  if (address.kind() === 'ipv4') return address.range() === 'unicast' && address.toString() !== METADATA
  const embedded = embeddedIpv4(address as ipaddr.IPv6)
  if (embedded) return isPublic(embedded)
  const isGlobalUnicast = address.match(ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number]) // RFC 4291 §2.4
  return isGlobalUnicast && address.range() === 'unicast'
}

/** A NAT64 gateway passes these on to the IPv4 address at their end. RFC 6052 §2.1 */
function embeddedIpv4(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  if (!address.match(ipaddr.parseCIDR('64:ff9b::/96') as [ipaddr.IPv6, number])) return undefined
  return new ipaddr.IPv4(address.toByteArray().slice(-4))
}
