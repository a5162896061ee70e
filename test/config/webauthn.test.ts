import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, loadConfig } from '../../src/config/index.ts'
import { attestationRootPem } from '../credentials/webauthn/vectors.ts'

const load = (env: Record<string, string>) => loadConfig({ envFile: false, env }).webauthn

function wrong(env: Record<string, string>): readonly string[] {
  try {
    load(env)
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.problems.map(({ variable }) => variable) : [String(error)]
  }
}

describe('what passkeys belong to', () => {
  test('is the public host, unless a domain above it is named', () => {
    const PUBLIC_URL = 'https://id.example.com:8443'
    expect(load({ PUBLIC_URL })).toEqual({
      rpId: 'id.example.com',
      rpName: 'Authy2',
      origins: [PUBLIC_URL],
      attestationRoots: [],
    })
    for (const domain of ['id.example.com', 'example.com']) {
      expect(load({ PUBLIC_URL, WEBAUTHN_RP_ID: domain }).rpId).toBe(domain)
    }
    expect(load({}).rpId).toBe('localhost')
    expect(load({ PUBLIC_URL: 'http://[::1]:5000' }).origins).toEqual(['http://[::1]:5000'])
  })

  test('may be asked for by other origins, too', () => {
    const env = {
      PUBLIC_URL: 'https://id.example.com',
      WEBAUTHN_ORIGINS: 'https://app.example.com, https://id.example.com',
    }
    expect(load(env).origins).toEqual(['https://id.example.com', 'https://app.example.com'])
    expect(wrong({ WEBAUTHN_ORIGINS: '*' })).toEqual(['WEBAUTHN_ORIGINS'])
    expect(wrong({ WEBAUTHN_ORIGINS: 'https://app.example.com/path' })).toEqual(['WEBAUTHN_ORIGINS'])
  })
})

describe('the roots of attestation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'authy2-roots-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = (name: string, content: string) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return { WEBAUTHN_ATTESTATION_ROOTS_FILE: path }
  }

  test('are all certificates of a file, with whatever is said between them', () => {
    const content = `# One maker\n${attestationRootPem()}\n# The same again\n${attestationRootPem()}`
    const { attestationRoots } = load(file('two.pem', content))
    expect(attestationRoots).toHaveLength(2)
    expect(attestationRoots[0]).toBe(attestationRootPem().trim())
  })

  test.each([
    ['is not there', undefined],
    ['is empty', ''],
    ['holds none', 'hello'],
    ['holds one that is none', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
    [
      'holds a good and a broken one',
      `${attestationRootPem()}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    ],
  ])('of a file that %s keep the server from starting', (name, content) => {
    const env =
      content === undefined
        ? { WEBAUTHN_ATTESTATION_ROOTS_FILE: join(folder, 'absent.pem') }
        : file(`${name}.pem`, content)
    expect(wrong(env)).toEqual(['WEBAUTHN_ATTESTATION_ROOTS_FILE'])
  })
})
