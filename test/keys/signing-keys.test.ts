import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import {
  calculateJwkThumbprint,
  compactVerify,
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWK,
  jwtVerify,
} from 'jose'
import { DAY, HOUR } from '../../src/kernel/index.ts'
import { KeyringError, listSigningKeys, rotateDueKeys, signingKeyState } from '../../src/keys/index.ts'
import { SIGNING_ALGORITHMS } from '../../src/protocol/oauth/index.ts'
import { type TestDatabase, testDialects } from '../support/databases.ts'
import { type Instance, instance, ORIGIN } from './instances.ts'

const AT_JWT = 'at+jwt'
const jwksOf = async ({ keys }: Instance) =>
  createLocalJWKSet({ keys: [...(await keys.publicKeys())] } as JSONWebKeySet)
const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? ''

describe.each(testDialects)('signing keys on $name', (dialect) => {
  let opened: TestDatabase
  let one: Instance
  let other: Instance
  beforeEach(async () => {
    opened = await dialect.open()
    one = instance(opened.database)
    other = instance(opened.database, one.clock)
  })
  afterEach(() => opened[Symbol.asyncDispose]())

  const states = async () =>
    (await one.read(ORIGIN, listSigningKeys)).map((row) => ({
      id: row.id,
      algorithm: row.algorithm,
      state: signingKeyState(row, one.clock.now()),
    }))
  const actions = async () => {
    const rows = await one.read(ORIGIN, ({ reader }) => reader.select().from(reader.t.auditEvent))
    return rows.map(({ action }) => action)
  }

  test('come about at first need, one of each algorithm, and are recorded', async () => {
    await one.keys.sign('ES256', AT_JWT, { sub: 'bob' })
    expect((await states()).map(({ algorithm, state }) => [algorithm, state])).toEqual([
      ['ES256', 'active'],
      ['EdDSA', 'active'],
      ['RS256', 'active'],
    ])
    expect(await actions()).toEqual(Array(3).fill('signing_key.create'))
  })

  test.each(SIGNING_ALGORITHMS)(
    'sign with %s what jose verifies by the published set alone',
    async (algorithm) => {
      const token = await one.keys.sign(algorithm, AT_JWT, { sub: 'bob', name: 'Bob ☕' })
      const { payload, protectedHeader } = await jwtVerify(token, await jwksOf(other))
      expect(payload).toEqual({ sub: 'bob', name: 'Bob ☕' })
      expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: kidOf(token) })
    },
  )

  test('are named by their thumbprint (RFC 7638) and published without their private part', async () => {
    for (const jwk of await one.keys.publicKeys()) {
      expect(jwk).toMatchObject({ kid: await calculateJwkThumbprint(jwk as JWK), use: 'sig' })
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(jwk).not.toHaveProperty(secret)
    }
  })

  test('are made once, by however many instances that need them at once', async () => {
    const instances = Array.from({ length: 5 }, () => instance(opened.database))
    const tokens = await Promise.all(instances.map(({ keys }) => keys.sign('ES256', AT_JWT, {})))
    expect(new Set(tokens.map(kidOf)).size).toBe(1)
    expect(await states()).toHaveLength(3)
    expect(await actions()).toHaveLength(3)
    for (const each of instances) for (const token of tokens) await compactVerify(token, await jwksOf(each))
  })

  test('verify what is ours, and nothing under another key id or algorithm', async () => {
    const kid = kidOf(await one.keys.sign('ES256', AT_JWT, {}))
    expect((await other.keys.findVerificationKey(kid, 'ES256'))?.asymmetricKeyType).toBe('ec')
    for (const [id, algorithm] of [
      [kid, 'RS256'],
      [kid, 'HS256'],
      [kid, 'none'],
      ['x', 'ES256'],
      ['', 'ES256'],
    ] as const) {
      expect(await other.keys.findVerificationKey(id, algorithm)).toBeUndefined()
    }
  })

  test('lie sealed for their own row: moved to another they do not open', async () => {
    await one.keys.publicKeys()
    const { signingKey } = opened.database.reader.t
    const rows = await one.read(ORIGIN, listSigningKeys)
    const [first, second] = rows
    if (!first || !second) throw new Error('There are three keys')
    const pem = Buffer.from('PRIVATE')
    expect(rows.some(({ privateKey }) => Buffer.from(privateKey).includes(pem))).toBe(false)
    await one.write(ORIGIN, async ({ tx }) => {
      const moved = { privateKey: second.privateKey }
      await tx.update(signingKey).set(moved).where(eq(signingKey.id, first.id))
    })
    const signing = instance(opened.database).keys.sign(first.algorithm, AT_JWT, {})
    expect(await signing.catch((error: unknown) => error)).toBeInstanceOf(KeyringError)
  })

  describe('when rotated', () => {
    test('are published for a day before they sign, and verify for a month after they did', async () => {
      const before = await one.keys.sign('ES256', AT_JWT, {})
      const [next] = await one.keys.rotate(ORIGIN, { algorithm: 'ES256' })
      const nextId = next?.id ?? ''
      const signer = async () => kidOf(await one.keys.sign('ES256', AT_JWT, {}))
      const published = async () => (await one.keys.publicKeys()).map(({ kid }) => kid)

      expect(await published()).toContain(nextId)
      expect(await signer()).toBe(kidOf(before))
      one.clock.advance(DAY - 1)
      expect(await signer()).toBe(kidOf(before))
      one.clock.advance(1)
      expect(await signer()).toBe(nextId)
      await compactVerify(before, await jwksOf(other))
      one.clock.advance(30 * DAY - 1)
      await compactVerify(before, await jwksOf(other))
      one.clock.advance(1)
      expect(await published()).not.toContain(kidOf(before))
      expect(await other.keys.findVerificationKey(kidOf(before), 'ES256')).toBeUndefined()
    })

    test('are known to another instance within seconds, without restart', async () => {
      await other.keys.publicKeys()
      const [next] = await one.keys.rotate(ORIGIN, { algorithm: 'EdDSA' })
      one.clock.advance(5)
      expect((await other.keys.publicKeys()).map(({ kid }) => kid)).toContain(next?.id ?? '')
    })

    test('are looked for again when somebody shows an unknown key id', async () => {
      await other.keys.publicKeys()
      const [next] = await one.keys.rotate(ORIGIN, { algorithm: 'EdDSA' })
      one.clock.advance(1)
      expect(await other.keys.findVerificationKey(next?.id ?? '', 'EdDSA')).toBeDefined()
    })

    test('have one successor at a time: of 20 at once one wins', async () => {
      await Promise.all([one.keys.publicKeys(), other.keys.publicKeys()])
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 ? one : other).keys.rotate(ORIGIN, { algorithm: 'ES256' }),
        ),
      )
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ type: 'CONFLICT' })
      }
      expect((await states()).filter(({ algorithm }) => algorithm === 'ES256')).toHaveLength(2)
      expect((await actions()).filter((action) => action === 'signing_key.rotate')).toHaveLength(1)
    })

    test('all together are rotated where no algorithm is named', async () => {
      const rows = await one.keys.rotate(ORIGIN)
      expect(rows.map(({ algorithm }) => algorithm).sort()).toEqual(['ES256', 'EdDSA', 'RS256'])
    })

    test('because they were stolen are replaced in seconds, with all that waited or had retired', async () => {
      const stolen = await one.keys.sign('ES256', AT_JWT, {})
      const [waiting] = await one.keys.rotate(ORIGIN, { algorithm: 'ES256' })
      const [fresh] = await one.keys.rotate(ORIGIN, { algorithm: 'ES256', isCompromised: true })
      one.clock.advance(14)
      expect(kidOf(await one.keys.sign('ES256', AT_JWT, {}))).toBe(kidOf(stolen))
      one.clock.advance(1)
      expect(kidOf(await one.keys.sign('ES256', AT_JWT, {}))).toBe(fresh?.id ?? '')
      expect(await other.keys.findVerificationKey(kidOf(stolen), 'ES256')).toBeUndefined()
      expect(await other.keys.findVerificationKey(waiting?.id ?? '', 'ES256')).toBeUndefined()
      one.clock.advance(2 * DAY)
      expect(kidOf(await one.keys.sign('ES256', AT_JWT, {}))).toBe(fresh?.id ?? '')
    })

    // A second theft moved the end of keys that the first had ended already: they were good for 15 seconds again.
    test('because they were stolen do not come back by another theft', async () => {
      const stolen = await one.keys.sign('ES256', AT_JWT, {})
      await one.keys.rotate(ORIGIN, { algorithm: 'ES256', isCompromised: true })
      one.clock.advance(60)
      await one.keys.rotate(ORIGIN, { algorithm: 'ES256', isCompromised: true })
      expect(await one.keys.findVerificationKey(kidOf(stolen), 'ES256')).toBeUndefined()
      expect(await other.keys.findVerificationKey(kidOf(stolen), 'ES256')).toBeUndefined()
    })

    test('that wait already are not rotated, and when they sign is said', async () => {
      await one.keys.rotate(ORIGIN, { algorithm: 'ES256', isCompromised: true })
      const soon = new Date(one.clock.now().getTime() + 15_000).toISOString()
      for (const isCompromised of [true, false]) {
        expect(one.keys.rotate(ORIGIN, { algorithm: 'ES256', isCompromised })).rejects.toThrow(
          `The next key is published already and signs from ${soon}.`,
        )
      }
    })

    test('because they were stolen, by 20 at once, are replaced once', async () => {
      await Promise.all([one.keys.publicKeys(), other.keys.publicKeys()])
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 ? one : other).keys.rotate(ORIGIN, { algorithm: 'EdDSA', isCompromised: true }),
        ),
      )
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })
  })

  describe('by the clock', () => {
    test('get a successor a day before they have signed for 90 days, once', async () => {
      await one.keys.publicKeys()
      one.clock.advance(89 * DAY - 1)
      expect(await rotateDueKeys(one)).toEqual({ rotated: 0, removed: 0 })
      one.clock.advance(1)
      const both = await Promise.all([rotateDueKeys(one), rotateDueKeys(other)])
      expect(both.reduce((sum, { rotated }) => sum + rotated, 0)).toBe(3)
      expect(await rotateDueKeys(one)).toEqual({ rotated: 0, removed: 0 })
      one.clock.advance(DAY)
      expect((await states()).filter(({ state }) => state === 'active')).toHaveLength(3)
      expect((await states()).filter(({ state }) => state === 'retired')).toHaveLength(3)
    })

    test('are deleted once no token of theirs is valid, private part and all', async () => {
      await one.keys.publicKeys()
      await one.keys.rotate(ORIGIN)
      one.clock.advance(31 * DAY + HOUR)
      expect(await rotateDueKeys(one)).toEqual({ rotated: 0, removed: 3 })
      const rows = await one.read(ORIGIN, ({ reader }) => reader.select().from(reader.t.signingKey))
      expect(rows).toHaveLength(3)
      expect((await actions()).filter((action) => action === 'signing_key.remove')).toHaveLength(3)
    })

    test('go on for years without anybody looking after them', async () => {
      const token = await one.keys.sign('ES256', AT_JWT, {})
      one.clock.advance(1_000 * DAY)
      expect(kidOf(await one.keys.sign('ES256', AT_JWT, {}))).toBe(kidOf(token))
    })
  })

  test('rotated under load never make a token that another instance would refuse', async () => {
    await one.keys.publicKeys()
    let isRotating = true
    const signed = new Set<string>()
    const load = async (signing: Instance, verifying: Instance) => {
      while (isRotating) {
        const token = await signing.keys.sign('ES256', AT_JWT, {})
        signed.add(kidOf(token))
        const { kid = '', alg = '' } = decodeProtectedHeader(token)
        const key = await verifying.keys.findVerificationKey(kid, alg)
        if (!key) throw new Error('refused by its key id')
        await compactVerify(token, await jwksOf(verifying))
        await Bun.sleep(0)
      }
    }
    const loads = [load(one, other), load(other, one), load(one, other)]
    for (let round = 0; round < 4; round++) {
      await one.keys.rotate(ORIGIN, { algorithm: 'ES256', isCompromised: round === 3 })
      for (let step = 0; step < 26; step++) {
        one.clock.advance(round === 3 ? 1 : HOUR)
        await Bun.sleep(2)
      }
    }
    isRotating = false
    await Promise.all(loads)
    expect(signed.size).toBe(5)
  })

  test('seen before go on for an hour while the database is away, and no longer', async () => {
    const token = await one.keys.sign('ES256', AT_JWT, {})
    await opened.database.close()
    one.clock.advance(HOUR)
    expect(await one.keys.findVerificationKey(kidOf(token), 'ES256')).toBeDefined()
    one.clock.advance(1)
    expect(await one.keys.publicKeys().catch(() => 'away')).toBe('away')
    opened = await dialect.open()
  })
})
