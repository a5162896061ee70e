import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isVouchedFor, parseAttestation } from '../../../src/credentials/webauthn/attestation.ts'
import { base64url } from '../../../src/kernel/index.ts'
import { attestationRootPem, bytes, VECTORS } from './vectors.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const openssl = Bun.which('openssl')

/** `fmt`, `attStmt` and empty `authData`, in CBOR. */
const attestation = (format: string) =>
  base64url(
    Buffer.concat([
      Buffer.from([0xa3, 0x63]),
      Buffer.from('fmt'),
      Buffer.from([0x60 | format.length]),
      Buffer.from(format),
      Buffer.from([0x67]),
      Buffer.from('attStmt'),
      Buffer.from([0xa0, 0x68]),
      Buffer.from('authData'),
      Buffer.from([0x40]),
    ]),
  )

describe('attestation objects', () => {
  test.each(['none', 'packed', 'fido-u2f', 'tpm', 'apple'])(
    'of the format %s are looked at',
    async (format) => {
      expect(await parseAttestation(attestation(format))).toEqual({ chain: [] })
    },
  )

  // To judge those of Android the library would fetch addresses that whoever registers has written into a certificate.
  test.each(['android-key', 'android-safetynet', 'compound', ''])(
    'of the format %p are not',
    async (format) => {
      expect(await parseAttestation(attestation(format))).toBeUndefined()
    },
  )

  test.each([
    ['nothing', ''],
    ['no base64url', '****'],
    ['a number', base64url(Uint8Array.of(1))],
    ['a map of nothing', base64url(Uint8Array.of(0xa0))],
    ['an end in the middle', attestation('packed').slice(0, 12)],
    ['lists in lists without end', base64url(new Uint8Array(40_000).fill(0x81))],
  ])('%s is none', async (_, text) => {
    expect(await parseAttestation(text)).toBeUndefined()
  })
})

test('the chains of the vectors lead to their root, while everything is valid', async () => {
  const root = attestationRootPem()
  for (const { name, registration } of VECTORS) {
    const statement = await parseAttestation(base64url(bytes(registration.attestationObject)))
    if (!statement) {
      expect(name).toBe('android-key.ES256')
      continue
    }
    const [format = ''] = name.split('.')
    const hasChain = ['packed', 'tpm', 'apple', 'fido-u2f'].includes(format)
    expect(isVouchedFor(statement, [root], NOW)).toBe(hasChain)
    expect(isVouchedFor(statement, [], NOW)).toBe(false)
    expect(isVouchedFor(statement, [root], new Date('2023-12-31T23:59:59Z'))).toBe(false)
    expect(isVouchedFor(statement, [root], new Date('3024-01-01T00:00:01Z'))).toBe(false)
  }
})

describe.skipIf(openssl === null)('a chain of certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'authy2-chain-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const path = (name: string) => join(folder, name)

  /** A certificate by that name, issued by another one or by itself. */
  async function issue(file: string, commonName: string, options: { by?: string; isCa?: boolean } = {}) {
    const { by, isCa = false } = options
    const command = [
      ...[openssl ?? '', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-keyout', path(`${file}.key`), '-out', path(`${file}.pem`), '-days', '3650'],
      ...['-subj', `/CN=${commonName}`, '-addext', `basicConstraints=critical,CA:${isCa ? 'TRUE' : 'FALSE'}`],
      ...(by === undefined ? [] : ['-CA', path(`${by}.pem`), '-CAkey', path(`${by}.key`)]),
    ]
    const program = Bun.spawn(command, { stdout: 'ignore', stderr: 'pipe' })
    const complaint = await program.stderr.text()
    if ((await program.exited) !== 0) throw new Error(complaint)
  }
  const pem = (file: string) => readFileSync(path(`${file}.pem`), 'utf8')
  const der = (file: string) => new Uint8Array(new X509Certificate(pem(file)).raw)
  const isVouched = (chain: string[], roots: string[]) =>
    isVouchedFor(
      { chain: chain.map(der) },
      roots.map(pem),
      new Date(new X509Certificate(pem('alone')).validFrom), // the last that is made: all are valid from then on
    )

  beforeAll(async () => {
    await issue('root', 'Maker', { isCa: true })
    await issue('intermediate', 'Maker 2', { by: 'root', isCa: true })
    await issue('leaf', 'Key', { by: 'intermediate' })
    await issue('impostor', 'Maker', { isCa: true })
    await issue('forged', 'Key', { by: 'impostor' })
    await issue('below-leaf', 'Other key', { by: 'leaf' })
    await issue('alone', 'Key')
  })

  test('leads from the key over those in between to a root', () => {
    expect(isVouched(['leaf', 'intermediate'], ['root'])).toBe(true)
    expect(isVouched(['leaf', 'intermediate', 'root'], ['root'])).toBe(true)
    expect(isVouched(['leaf', 'intermediate'], ['impostor', 'root'])).toBe(true)
    expect(isVouched(['leaf'], ['intermediate'])).toBe(true)
  })

  test('may be a single certificate that is known itself', () => {
    expect(isVouched(['alone'], ['alone'])).toBe(true)
    expect(isVouched(['alone'], ['root'])).toBe(false)
  })

  test('does not lead there with a link missing, out of order, or of the same name only', () => {
    expect(isVouched(['leaf'], ['root'])).toBe(false)
    expect(isVouched(['intermediate', 'leaf'], ['root'])).toBe(false)
    expect(isVouched(['leaf', 'root'], ['root'])).toBe(false)
    expect(isVouched(['forged'], ['root'])).toBe(false)
    expect(isVouched(['forged', 'root'], ['root'])).toBe(false)
  })

  test('has no link that may not issue: a key does not vouch for another one', () => {
    expect(isVouched(['below-leaf', 'leaf', 'intermediate'], ['root'])).toBe(false)
    expect(isVouched(['below-leaf'], ['leaf'])).toBe(false)
  })

  test('of what is no certificate is none', () => {
    expect(isVouchedFor({ chain: [Uint8Array.of(1, 2, 3)] }, [pem('root')], NOW)).toBe(false)
  })
})
