import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  checkSectorDocument,
  pairwiseSessionId,
  pairwiseSubject,
  sectorIdentifier,
  sessionOfPairwise,
} from '../../../src/protocol/oidc/index.ts'
import { refusalCode } from '../oauth/refusal.ts'

const key = new Uint8Array(32).fill(7)

describe('a pairwise subject (OpenID Connect Core §8.1)', () => {
  test('is the same for one user in one sector, and another in any other', () => {
    const subject = pairwiseSubject(key, 'portal.example', 'user-1')
    expect(subject).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(pairwiseSubject(key, 'portal.example', 'user-1')).toBe(subject)
    for (const other of [
      pairwiseSubject(key, 'other.example', 'user-1'),
      pairwiseSubject(key, 'portal.example', 'user-2'),
      pairwiseSubject(new Uint8Array(32), 'portal.example', 'user-1'),
    ])
      expect(other).not.toBe(subject)
  })

  test('keeps sector and user apart', () => {
    const hosts = fc.stringMatching(/^[a-z.]{1,5}$/)
    fc.assert(
      fc.property(hosts, hosts, hosts, hosts, (sector, user, otherSector, otherUser) => {
        const isSame = sector === otherSector && user === otherUser
        expect(pairwiseSubject(key, sector, user) === pairwiseSubject(key, otherSector, otherUser)).toBe(
          isSame,
        )
      }),
    )
  })
})

describe('a pairwise session id', () => {
  const id = '01970000-0000-7000-8000-00000000000a'
  const sid = pairwiseSessionId(key, 'portal.example', id)

  test('is the same for one session in one sector, and another in any other', () => {
    expect(sid).toMatch(/^[A-Za-z0-9_-]{22}$/)
    expect(pairwiseSessionId(key, 'portal.example', id)).toBe(sid)
    for (const other of [
      pairwiseSessionId(key, 'other.example', id),
      pairwiseSessionId(key, 'portal.example', id.replace('a', 'b')),
      pairwiseSessionId(new Uint8Array(32), 'portal.example', id),
    ])
      expect(other).not.toBe(sid)
  })

  test('is read back in its own sector, and nothing else is', () => {
    fc.assert(
      fc.property(fc.uuid(), (session) => {
        const text = pairwiseSessionId(key, 'portal.example', session)
        expect(sessionOfPairwise(key, 'portal.example', text)).toBe(session)
        expect(sessionOfPairwise(key, 'other.example', text)).not.toBe(session)
      }),
    )
    for (const text of ['', id, `${sid}AA`, sid.slice(1), '?'.repeat(22)]) {
      expect(sessionOfPairwise(key, 'portal.example', text)).toBe('')
    }
  })
})

test('a sector is a host, or the client itself', () => {
  const redirect_uris = ['https://a.example:8443/cb', 'https://a.example:8443/other']
  expect(sectorIdentifier('c1', { redirect_uris })).toBe('a.example')
  expect(
    sectorIdentifier('c1', { redirect_uris, sector_identifier_uri: 'https://s.example/list.json' }),
  ).toBe('s.example')
  expect(sectorIdentifier('c1', { redirect_uris: ['com.acme.mobile:/callback'] })).toBe('c1')
  expect(sectorIdentifier('c1', { redirect_uris: [] })).toBe('c1')
})

describe('the document of a sector', () => {
  const metadata = { redirect_uris: ['https://a.example/cb', 'https://b.example/cb'] }
  test('lists all redirect URIs, and may list more', () => {
    expect(() =>
      checkSectorDocument([...metadata.redirect_uris, 'https://c.example/cb', 1], metadata),
    ).not.toThrow()
  })

  test.each([[['https://a.example/cb']], [[]], [{ redirect_uris: metadata.redirect_uris }], ['x'], [null]])(
    'is not %p',
    async (document: unknown) => {
      expect(await refusalCode(() => checkSectorDocument(document, metadata))).toBe('invalid_client_metadata')
    },
  )
})
