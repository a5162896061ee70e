import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { clientAddress, networkOf } from '../../src/http/address.ts'

const PROXIES = ['10.0.0.0/8', '2001:db8:ffff::/48', '192.0.2.10']
const trusting = clientAddress(PROXIES)
const PROXY = '10.0.0.1'
const CLIENT = '203.0.113.7'

describe('without trusted proxies', () => {
  test('the address is the connection’s, whatever is said', () => {
    const plain = clientAddress([])
    fc.assert(
      fc.property(fc.ipV4(), fc.option(fc.string()), (peer, said) => expect(plain(peer, said)).toBe(peer)),
    )
    expect(plain(undefined, CLIENT)).toBeUndefined()
    expect(plain('::ffff:203.0.113.7', null)).toBe(CLIENT)
  })
})

describe('behind trusted proxies', () => {
  test.each<[string, string, string | null, string]>([
    ['one hop', PROXY, CLIENT, CLIENT],
    ['nothing said', PROXY, null, PROXY],
    ['an empty header', PROXY, '', PROXY],
    ['two hops', PROXY, `${CLIENT}, 10.9.9.9`, CLIENT],
    ['what the client wrote before', PROXY, `1.1.1.1, ${CLIENT}`, CLIENT],
    ['a proxy’s address that the client wrote', PROXY, `10.0.0.99, ${CLIENT}`, CLIENT],
    ['only proxies', PROXY, '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['not through a proxy', CLIENT, '1.1.1.1', CLIENT],
    ['a single trusted address', '192.0.2.10', CLIENT, CLIENT],
    ['its neighbour', '192.0.2.11', CLIENT, '192.0.2.11'],
    ['a mapped proxy', '::ffff:10.0.0.1', CLIENT, CLIENT],
    ['a mapped client', PROXY, '::ffff:203.0.113.7', CLIENT],
    ['IPv6', '2001:db8:ffff::1', '2001:DB8::0:7', '2001:db8::7'],
    ['spaces', PROXY, `  ${CLIENT}  `, CLIENT],
    ['a word', PROXY, 'unknown', PROXY],
    ['a word between', PROXY, `${CLIENT}, nonsense, 10.0.0.2`, '10.0.0.2'],
    ['a number', PROXY, '1', PROXY],
    ['octal', PROXY, '010.0.0.1', PROXY],
    ['hexadecimal', PROXY, '0x7f.0.0.1', PROXY],
    ['a zone', PROXY, 'fe80::1%eth0', 'fe80::1%eth0'],
    ['markup', PROXY, '<script>', PROXY],
  ])('%s', (_, peer, said, address) => {
    expect(trusting(peer, said)).toBe(address)
  })

  test('nothing that a client writes changes what the last trusted proxy saw', () => {
    const outside = fc.ipV4().filter((address) => !address.startsWith('10.') && address !== '192.0.2.10')
    fc.assert(
      fc.property(
        fc.string(),
        outside,
        fc.array(fc.constantFrom('10.1.1.1', '10.2.2.2')),
        (written, seen, hops) => {
          expect(trusting(PROXY, [written, seen, ...hops].join(', '))).toBe(seen)
        },
      ),
    )
  })

  test('no text makes it fail', () => {
    const peers = fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.constant(PROXY)), {
      nil: undefined,
    })
    const said = fc.option(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())).map(String),
      ),
    )
    fc.assert(
      fc.property(peers, said, (peer, header) => {
        expect(typeof trusting(peer, header)).toBe(peer === undefined ? 'undefined' : 'string')
      }),
    )
  })
})

describe('the network that a client is counted under', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:ffff::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['not an address', 'not an address'],
    ['a:b', 'a:b'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  test('is one for all addresses of 64 bits, however they are written, and another for the next', () => {
    const groups = (count: number) =>
      fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: count, maxLength: count })
    const text = (parts: readonly number[]) => parts.map((part) => part.toString(16)).join(':')
    fc.assert(
      fc.property(groups(4), groups(4), groups(4), groups(4), (network, other, host, another) => {
        const address = text([...network, ...host])
        expect(networkOf(address.toUpperCase())).toBe(networkOf(text([...network, ...another])))
        if (text(network) !== text(other))
          expect(networkOf(address)).not.toBe(networkOf(text([...other, ...host])))
      }),
    )
  })

  test('no text makes it fail', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6()), (text) => expect(networkOf(text)).toBeString()))
  })
})
