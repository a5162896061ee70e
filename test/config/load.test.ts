import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Config, ConfigError, type ConfigInput, loadConfig } from '../../src/config/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'authy2-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const load = (env: Record<string, string>, input: ConfigInput = {}): Config =>
  loadConfig({ envFile: false, env, ...input })

function problemsOf(env: Record<string, string>, input: ConfigInput = {}) {
  try {
    load(env, input)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('with nothing set', () => {
  const config = load({})

  test('it is a development server on this machine with an embedded database', () => {
    expect(config).toMatchObject({
      environment: 'development',
      host: '127.0.0.1',
      port: 5000,
      publicUrl: 'http://localhost:5000',
      dataDir: resolve('data'),
      database: { kind: 'sqlite', path: resolve('data/authy2.db') },
      redisUrls: [],
      secretKeys: [],
      smtp: undefined,
      mailFrom: 'Authy2 <no-reply@localhost>',
      log: { level: 'info', format: 'pretty' },
      registration: { mode: 'open', emailDomains: [], hideExistence: false },
      tls: undefined,
    })
  })

  test('the published limits hold', () => {
    expect(config.rateLimits.enabled).toBe(true)
    expect(config.rateLimits.limits.forgotPassword).toEqual([
      { points: 5, durationSeconds: 60 },
      { points: 20, durationSeconds: 3_600 },
    ])
    expect(config.rateLimits.limits.api).toEqual([{ points: 6_000, durationSeconds: 3_600 }])
  })

  test('it cannot be changed, at any depth', () => {
    const isFrozen = (value: object): boolean =>
      Object.isFrozen(value) &&
      Object.values(value).every((inner) => typeof inner !== 'object' || inner === null || isFrozen(inner))
    expect(isFrozen(config)).toBe(true)
  })
})

describe('defaults follow other variables', () => {
  test('the public URL has the port, and https where this server speaks it', () => {
    expect(load({ PORT: '8080' }).publicUrl).toBe('http://localhost:8080')
    const tls = load({ TLS_CERT_FILE: '/cert', TLS_KEY_FILE: '/key' })
    expect(tls.publicUrl).toBe('https://localhost:5000')
    expect(tls.tls).toEqual({ certFile: '/cert', keyFile: '/key' })
  })
  test('the database lies in the data folder', () => {
    expect(load({ DATA_DIR: '/srv/authy2' }).database).toEqual({
      kind: 'sqlite',
      path: '/srv/authy2/authy2.db',
    })
  })
  test('the sender is at the public host', () => {
    expect(load({ PUBLIC_URL: 'https://id.example.com:8443' }).mailFrom).toBe(
      'Authy2 <no-reply@id.example.com>',
    )
  })
  test('PostgreSQL has a pool', () => {
    const url = 'postgres://u:p@h/db'
    expect(load({ DATABASE_URL: url, DATABASE_POOL_SIZE: '3' }).database).toEqual({
      kind: 'postgres',
      url,
      poolSize: 3,
    })
  })
})

describe('sources', () => {
  const configFile = file('authy2.conf', 'PORT=2\nLOG_LEVEL=warn\nHOST=config\nAUTHY2_NEW_DEVICE_MAIL=no')
  const envFile = file('.env', 'PORT=3\nLOG_LEVEL=error\nHOST=env\nREGISTRATION=closed\nSOMETHING_ELSE=1')

  test('the command line beats the environment, that the config file, that .env, that the defaults', () => {
    const config = load(
      { PORT: '1', HOST: 'environment' },
      { argvOverrides: { HOST: 'argv', PORT: undefined }, configFile, envFile },
    )
    expect(config).toMatchObject({
      host: 'argv',
      port: 1,
      log: { level: 'warn' },
      registration: { mode: 'closed' },
      session: { newDeviceMail: false, maxSeconds: 86_400 },
    })
  })

  test('an empty value is unset, so a weaker source is asked', () => {
    expect(load({ PORT: '' }, { configFile }).port).toBe(2)
    expect(load({ SESSION_COOKIE_DOMAIN: '' }).session.cookieDomain).toBeUndefined()
  })

  test('the config file may be JSON with numbers, flags and lists', () => {
    const json = file(
      'authy2.json',
      '{"PORT": 7, "AUTO_MIGRATE": false, "CORS_ORIGINS": ["https://a", "https://b"]}',
    )
    expect(load({}, { configFile: json })).toMatchObject({
      port: 7,
      autoMigrate: false,
      corsOrigins: ['https://a', 'https://b'],
    })
  })

  test('a damaged config file is named, and its content is not shown', () => {
    const nested = file('nested.json', '{"PORT": {"a": 1}, "HOST": "h"}')
    expect(problemsOf({}, { configFile: nested })).toMatchObject([{ variable: 'PORT', source: nested }])
    const cut = file('cut.json', '{"SECRET_KEY": "hush')
    const lines = file('lines.env', 'PORT=1\nhush hush')
    expect(problemsOf({}, { configFile: cut })).toMatchObject([{ source: cut }])
    expect(problemsOf({}, { configFile: lines })).toMatchObject([{ variable: 'line 2', source: lines }])
    expect(
      JSON.stringify([problemsOf({}, { configFile: cut }), problemsOf({}, { configFile: lines })]),
    ).not.toContain('hush')
  })

  test('a file that was named must be there', () => {
    const missing = join(folder, 'missing')
    expect(problemsOf({}, { configFile: missing })).toMatchObject([{ source: missing }])
    expect(problemsOf({}, { envFile: missing })).toMatchObject([{ source: missing }])
  })
})

describe('names', () => {
  test('every variable may carry the prefix', () => {
    expect(load({ AUTHY2_PORT: '9' }).port).toBe(9)
    expect(load({ AUTHY2_PORT: '9', PORT: '9' }).port).toBe(9)
  })

  test('the same variable with and without it must not say two things', () => {
    expect(problemsOf({ AUTHY2_PORT: '9', PORT: '8' })).toMatchObject([
      { variable: 'PORT', source: 'environment' },
    ])
  })

  test('an unknown name with the prefix is an error that names the nearest', () => {
    expect(problemsOf({ AUTHY2_PROT: '9', PROT: '9' })).toEqual([
      { variable: 'AUTHY2_PROT', expected: 'a known variable; is it AUTHY2_PORT?', source: 'environment' },
    ])
  })

  test('in the config file every unknown name is an error', () => {
    const configFile = file('typo.conf', 'LOG_LEVLE=info')
    expect(problemsOf({}, { configFile })).toEqual([
      { variable: 'LOG_LEVLE', expected: 'a known variable; is it LOG_LEVEL?', source: configFile },
    ])
  })
})

describe('secrets in files', () => {
  const secret = file('secret', 'from-a-file\n')

  test('the file of a _FILE variant is read without its last line break', () => {
    expect(load({ SECRET_KEY_FILE: secret }).secretKeys).toEqual(['from-a-file'])
    expect(load({ AUTHY2_ENCRYPTION_KEY_FILE: secret }).encryptionKeys).toEqual(['from-a-file'])
  })
  test('a value and a file at once are refused', () => {
    expect(problemsOf({ SECRET_KEY: 'a', SECRET_KEY_FILE: secret })).toMatchObject([
      { variable: 'SECRET_KEY' },
    ])
  })
  test('a stronger source hides the file of a weaker one', () => {
    const configFile = file('weak.conf', 'SECRET_KEY_FILE=/does/not/exist')
    expect(load({ SECRET_KEY: 'a' }, { configFile }).secretKeys).toEqual(['a'])
  })
  test('a file that cannot be read is reported once', () => {
    expect(problemsOf({ SECRET_KEY_FILE: join(folder, 'none') })).toMatchObject([
      { variable: 'SECRET_KEY_FILE' },
    ])
  })
  test('what is no secret has no such variant', () => {
    expect(problemsOf({ AUTHY2_PORT_FILE: secret })).toMatchObject([{ variable: 'AUTHY2_PORT_FILE' }])
  })
})

describe('problems', () => {
  test('all are told at once, with what was expected, what was there and where', () => {
    const configFile = file('bad.conf', 'LOG_LEVEL=loud')
    const problems = problemsOf(
      { PORT: 'abc', PUBLIC_URL: 'https://a/b', AUTHY2_NONSENSE: '1' },
      { configFile },
    )
    expect(problems.map(({ variable }) => variable)).toEqual([
      'AUTHY2_NONSENSE',
      'PORT',
      'PUBLIC_URL',
      'LOG_LEVEL',
    ])
    expect(new ConfigError(problems).message).toBe(
      [
        'The configuration has 4 problems:',
        '  AUTHY2_NONSENSE: expected a known variable (environment)',
        '  PORT: expected a whole number from 0 to 65535, got "abc" (environment)',
        '  PUBLIC_URL: expected an http or https origin, such as https://id.example.com, got "https://a/b" (environment)',
        `  LOG_LEVEL: expected one of debug, info, warn, error, silent, got "loud" (${configFile})`,
      ].join('\n'),
    )
  })

  test('the value of a secret is never shown', () => {
    const env = { DATABASE_URL: 'mysql://u:hush@h', REDIS_URL: 'hush', SMTP_URL: 'hush', SECRET_KEY: ',' }
    const problems = problemsOf(env)
    expect(problems).toHaveLength(4)
    expect(new ConfigError(problems).message).not.toContain('hush')
  })
})
