import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, loadConfig, withDevelopmentSecrets } from '../../src/config/index.ts'
import { type RandomSource, seededRandom, systemRandom } from '../../src/kernel/index.ts'

const root = mkdtempSync(join(tmpdir(), 'authy2-secrets-'))
afterAll(() => rmSync(root, { recursive: true }))

let dataDir = ''
let count = 0
beforeEach(() => {
  dataDir = join(root, String(++count), 'data')
})

const config = (env: Record<string, string> = {}) =>
  loadConfig({ envFile: false, env: { DATA_DIR: dataDir, ...env } })
const start = (env: Record<string, string> = {}, random: RandomSource = systemRandom) =>
  withDevelopmentSecrets(config(env), random)
const secretsFile = () => join(dataDir, 'secrets.json')

function complaint(): string {
  try {
    start()
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

test('the first start makes secrets, every later one has the same', () => {
  const first = start()
  expect(first.secretKeys[0]?.length).toBe(43)
  expect(first.encryptionKeys[0]).not.toBe(first.secretKeys[0])
  expect(start()).toEqual(first)
  expect(Object.isFrozen(first) && Object.isFrozen(first.secretKeys)).toBe(true)
})

test('only the owner can read the file and enter the folder', () => {
  start()
  expect(statSync(secretsFile()).mode & 0o777).toBe(0o600)
  expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  expect(readdirSync(dataDir)).toEqual(['secrets.json'])
})

test('what was configured is kept, and nothing is written when all of it was', () => {
  const both = start({ SECRET_KEY: 'mine', ENCRYPTION_KEY: 'mine too' })
  expect([both.secretKeys, both.encryptionKeys]).toEqual([['mine'], ['mine too']])
  expect(() => statSync(dataDir)).toThrow()
  const one = start({ SECRET_KEY: 'mine' })
  expect(one.secretKeys).toEqual(['mine'])
  expect(one.encryptionKeys).toEqual(start().encryptionKeys)
})

test('production is left alone', () => {
  const production = { ...config(), environment: 'production' as const }
  expect(withDevelopmentSecrets(production, systemRandom)).toBe(production)
  expect(() => statSync(dataDir)).toThrow()
})

test('whoever comes second between look and write takes what the first one wrote', () => {
  let winner: readonly string[] = []
  const overtaken: RandomSource = {
    ...systemRandom,
    bytes(length) {
      if (winner.length === 0) winner = start({}, seededRandom(1)).secretKeys
      return seededRandom(2).bytes(length)
    },
  }
  expect(start({}, overtaken).secretKeys).toEqual(winner)
  expect(readdirSync(dataDir)).toEqual(['secrets.json'])
})

test('processes that start together agree', async () => {
  const program = `
    import { loadConfig, withDevelopmentSecrets } from ${JSON.stringify(join(import.meta.dir, '../../src/config/index.ts'))}
    import { systemRandom } from ${JSON.stringify(join(import.meta.dir, '../../src/kernel/index.ts'))}
    console.log(withDevelopmentSecrets(loadConfig({ envFile: false }), systemRandom).secretKeys[0])`
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => {
      const child = Bun.spawn([process.execPath, '-e', program], {
        env: { PATH: process.env.PATH ?? '', DATA_DIR: dataDir },
        stdout: 'pipe',
        stderr: 'inherit',
      })
      return child.stdout.text()
    }),
  )
  expect(new Set(answers).size).toBe(1)
  expect(answers[0]?.trim()).toBe(start().secretKeys[0] ?? '')
})

describe('it refuses, and says what to do, when', () => {
  test('others can read the file', () => {
    start()
    chmodSync(secretsFile(), 0o640)
    expect(complaint()).toContain(`chmod 600 ${secretsFile()}`)
    chmodSync(secretsFile(), 0o600)
    expect(complaint()).toBe('')
  })

  test('the file is damaged; its content is not shown', () => {
    start()
    for (const content of ['', '{"SECRET_KEY": "hush', '{"SECRET_KEY": "hush"}', '[]']) {
      writeFileSync(secretsFile(), content)
      expect(complaint()).toContain('as JSON')
      expect(complaint()).not.toContain('hush')
    }
  })

  test('the folder cannot be made', () => {
    writeFileSync(join(root, 'taken'), '')
    dataDir = join(root, 'taken', 'data')
    expect(complaint()).toMatch(/generated secrets: .*ENOTDIR/)
    symlinkSync(join(root, 'nowhere', 'deep'), join(root, 'dangling'))
    dataDir = join(root, 'dangling')
    expect(complaint()).toMatch(/generated secrets: expected a place to keep secrets in/)
  })
})
