import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createReach } from '../../src/outbound/reachable.ts'

const reach = createReach([])

describe('without OUTBOUND_ALLOW', () => {
  test.each([
    ['an ordinary address', '93.184.215.14'],
    ['an ordinary IPv6 address', '2606:4700:4700::1111'],
    ['one that is mapped into IPv6', '::ffff:93.184.215.14'],
    ['one behind NAT64', '64:ff9b::93.184.215.14'],
  ])('%s is public', (_, address) => {
    expect(reach(address)).toBe('public')
  })

  test.each([
    ['this host', '0.0.0.0'],
    ['loopback', '127.0.0.1'],
    ['loopback elsewhere in its block', '127.254.3.4'],
    ['private 10/8', '10.1.2.3'],
    ['private 172.16/12', '172.31.255.255'],
    ['private 192.168/16', '192.168.1.1'],
    ['shared by carriers', '100.64.0.1'],
    ['metadata of most clouds', '169.254.169.254'],
    ['metadata of Alibaba', '100.100.100.200'],
    ['metadata of Oracle', '192.0.0.192'],
    ['platform services of Azure', '168.63.129.16'],
    ['multicast', '224.0.0.1'],
    ['for documents', '203.0.113.7'],
    ['for measurements', '198.18.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified IPv6', '::'],
    ['loopback IPv6', '::1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['a public address with a zone', '2606:4700::1%eth0'],
    ['unique local', 'fd12:3456:789a::1'],
    ['metadata of AWS over IPv6', 'fd00:ec2::254'],
    ['site-local', 'fec0::1'],
    ['multicast IPv6', 'ff02::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped loopback in hexadecimal', '::ffff:7f00:1'],
    ['mapped metadata', '::ffff:169.254.169.254'],
    ['compatible loopback', '::127.0.0.1'],
    ['loopback behind NAT64', '64:ff9b::7f00:1'],
    ['metadata behind NAT64', '64:ff9b::169.254.169.254'],
    ['NAT64 of a local network', '64:ff9b:1::a00:1'],
    ['loopback by 6to4', '2002:7f00:1::'],
    ['Teredo', '2001::1'],
    ['for documents IPv6', '2001:db8::1'],
    ['discarded', '100::1'],
    ['no address', 'localhost'],
    ['nothing', ''],
    ['a number', '2130706433'],
    ['octal', '0177.0.0.1'],
  ])('%s is refused', (_, address) => {
    expect(reach(address)).toBe('refused')
  })

  test('whatever an IPv4 address is wrapped in, it is judged as itself', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(reach(`::ffff:${address}`)).toBe(reach(address))
        expect(reach(`64:ff9b::${address}`)).toBe(reach(address))
      }),
    )
  })
})

describe('OUTBOUND_ALLOW', () => {
  const allowing = createReach(['10.20.0.0/16', '::1/128'])

  test.each(['10.20.30.40', '::ffff:10.20.30.40', '::1'])('lets %s in', (address) => {
    expect(allowing(address)).toBe('allowed')
  })

  test.each(['10.21.0.1', '127.0.0.1', '169.254.169.254', '::2'])('does not let %s in', (address) => {
    expect(allowing(address)).toBe('refused')
  })

  test('leaves public addresses public', () => {
    expect(allowing('93.184.215.14')).toBe('public')
  })
})
