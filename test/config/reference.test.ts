import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { parseDotenv } from '../../src/config/dotenv.ts'
import { loadConfig, renderEnvExample, renderReference } from '../../src/config/index.ts'
import { VARIABLES } from '../../src/config/variables/table.ts'

const ROOT = join(import.meta.dir, '../..')
const uncommented = renderEnvExample().replaceAll(/^#(?=[A-Z0-9_]+=)/gm, '')

test('the documents say what the table says', async () => {
  const script = Bun.spawn([process.execPath, 'scripts/generate-config-docs.ts', '--check'], {
    cwd: ROOT,
    stdout: 'ignore',
    stderr: 'pipe',
  })
  expect([await script.stderr.text(), await script.exited]).toEqual(['', 0])
})

test('copied as it is, the template changes nothing', () => {
  expect(parseDotenv(renderEnvExample())).toEqual({ values: new Map(), badLines: [] })
})

test('the template has every variable, each with a value that is accepted', () => {
  const { values, badLines } = parseDotenv(uncommented)
  expect(badLines).toEqual([])
  expect([...values.keys()].toSorted()).toEqual(Object.keys(VARIABLES).toSorted())
  for (const [name, value] of values) {
    if (name.startsWith('SMTP_') || name === 'NODE_ENV') continue // alternatives, and production: tested on their own
    if (name === 'WEBAUTHN_ATTESTATION_ROOTS_FILE') continue // the file is read at once, and is not on this machine
    expect(() =>
      loadConfig({ envFile: false, env: { PUBLIC_URL: 'https://id.example.com', ...pair(name, value) } }),
    ).not.toThrow()
  }
})

test('the reference has a row for every variable and marks the secrets', () => {
  const reference = renderReference(3)
  for (const [name, variable] of Object.entries(VARIABLES)) {
    expect(reference).toContain(`| \`${name}\`${variable.secret ? ' 🔒' : ''} |`)
  }
  expect(reference).toStartWith('### Server\n')
})

/** Certificate and key go together. */
const pair = (name: string, value: string): Record<string, string> =>
  name.startsWith('TLS_') ? { TLS_CERT_FILE: value, TLS_KEY_FILE: value } : { [name]: value }
