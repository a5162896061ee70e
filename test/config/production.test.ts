import { describe, expect, test } from 'bun:test'
import { ConfigError, loadConfig } from '../../src/config/index.ts'
import { VARIABLES } from '../../src/config/variables/table.ts'

const STRONG = 'Zk3vQ0u9mE7xWfR2pLtY8sHdNc5aGjBqXoV1iTzKe4M='
const OTHER = 'r7PwXk2LhTzQ9vBn4MdYc6sJf0GaEuRi3oKxWq8tVbI='
const SOUND = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://id.example.com',
  SECRET_KEY: STRONG,
  ENCRYPTION_KEY: OTHER,
}

function wrong(env: Record<string, string>): readonly string[] {
  try {
    loadConfig({ envFile: false, env: { ...SOUND, ...env } })
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.problems.map(({ variable }) => variable) : [String(error)]
  }
}

test('a sound configuration starts, listens everywhere and logs JSON', () => {
  const config = loadConfig({ envFile: false, env: SOUND })
  expect(config).toMatchObject({
    host: '0.0.0.0',
    log: { format: 'json' },
    secretKeys: [STRONG],
    encryptionKeys: [OTHER],
  })
})

test('with nothing set it names everything that it needs', () => {
  expect(wrong({ PUBLIC_URL: '', SECRET_KEY: '', ENCRYPTION_KEY: '' })).toEqual([
    'PUBLIC_URL',
    'SECRET_KEY',
    'ENCRYPTION_KEY',
  ])
})

describe('what it refuses', () => {
  test.each<[string, Record<string, string>]>([
    ['PUBLIC_URL', { PUBLIC_URL: 'http://id.example.com' }],
    ['OIDC_ISSUER_URL', { OIDC_ISSUER_URL: 'http://id.example.com' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: '*' }],
    ['WEBAUTHN_ORIGINS', { WEBAUTHN_ORIGINS: 'https://app.example.com,http://app.example.com' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://app.example.com,*' }],
    ['BCRYPT_LOG_ROUNDS', { BCRYPT_LOG_ROUNDS: '11' }],
    ['METRICS_TOKEN', { METRICS_TOKEN: 'fifteen-letters' }],
    ['SECRET_KEY', { SECRET_KEY: 'short' }],
    ['SECRET_KEY', { SECRET_KEY: 'changeme'.repeat(8) }],
    ['ENCRYPTION_KEY', { ENCRYPTION_KEY: `${STRONG},${'a'.repeat(40)}` }],
  ])('%s in %j', (variable, env) => {
    expect(wrong(env)).toEqual([variable])
  })

  const examples = Object.entries(VARIABLES).filter(([, variable]) => variable.secret && variable.example)
  test.each(examples)('%s as .env.example prints it', (name, variable) => {
    const context: Record<string, string> =
      name === 'SMTP_PASSWORD' ? { SMTP_HOST: 'mail.example.com', SMTP_USER: 'me' } : {}
    expect(wrong({ ...context, [name]: variable.example ?? '' })).toContain(name)
  })

  test.each(['SECRET_KEY', 'ENCRYPTION_KEY'] as const)('%s with its example among several', (name) => {
    expect(wrong({ [name]: `${STRONG},${VARIABLES[name].example}` })).toEqual([name])
  })
})

test('http is accepted where it cannot leave the machine', () => {
  expect(wrong({ PUBLIC_URL: 'http://localhost:5000' })).toEqual([])
  expect(wrong({ PUBLIC_URL: 'http://127.0.0.1:5000' })).toEqual([])
})

test('a weak secret is told by its number, not by its value', () => {
  expect(() => loadConfig({ envFile: false, env: { ...SOUND, SECRET_KEY: `${STRONG},hush` } })).toThrow(
    /SECRET_KEY: .*of number 2, it has 4 bytes/,
  )
  expect(() => loadConfig({ envFile: false, env: { ...SOUND, SECRET_KEY: `${STRONG},hush` } })).not.toThrow(
    /hush/,
  )
})

test('none of this binds a development server', () => {
  const env = {
    CORS_ORIGINS: '*',
    BCRYPT_LOG_ROUNDS: '4',
    METRICS_TOKEN: 'a',
    SECRET_KEY: 'a',
    NODE_ENV: 'development',
  }
  expect(wrong(env)).toEqual([])
})
