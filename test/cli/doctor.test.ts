import { Database as SqliteFile } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { sqliteMigrations } from '../../src/db/migrations.generated.ts'
import { addSeconds, HOUR, MINUTE, systemClock } from '../../src/kernel/index.ts'
import { enqueueMail } from '../../src/outbox/index.ts'
import { testDialects } from '../support/databases.ts'
import { freePort } from '../support/programs.ts'
import { testServer } from '../support/server.ts'
import { commandLine } from './command.ts'

const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://id.example.com',
  SECRET_KEY: 'u8Kq2vXn7wPz4RbT9cYd1FgH5jLm3sQe6ZaVxW0oNiU',
  ENCRYPTION_KEY: 'b3Ws8Zk1Lq6Yv0Nf5Xt9Rm2Hc7Jd4Gp1Ua6EoTiQyVw',
  PASSWORD_HASH: 'argon2id',
  BCRYPT_LOG_ROUNDS: '12',
}

describe.each(testDialects)('doctor on $name', (dialect) => {
  test('finds nothing wrong where nothing is', async () => {
    await using opened = await dialect.open()
    await using authy2 = commandLine({ DATABASE_URL: opened.url })
    const { status, output } = await authy2.run(['doctor'])
    expect(output).not.toMatch(/^(warn|fail)/m)
    expect(status).toBe(0)
    for (const subject of [
      'configuration',
      'database',
      'secrets',
      'jobs',
      'cache',
      'mail',
      'disk',
      'files',
    ]) {
      expect(output).toMatch(new RegExp(`^ok +${subject} `, 'm'))
    }
    if (dialect.name === 'postgres') expect(output).toMatch(/^ok +clock /m)
  })

  test('finds that the configured key does not open what is sealed', async () => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    await t.write((ctx) =>
      enqueueMail(ctx, { kind: 'register_existing', to: 'ada@example.com', locale: null }),
    )
    const { status, output } = await authy2.run(['doctor'])
    expect(status).toBe(1)
    expect(output).toMatch(/^fail +secrets +1 of 1 sealed rows/m)
    expect(output).toContain('ENCRYPTION_KEY')

    const both = `${authy2.settings.ENCRYPTION_KEY},${t.deps.config.encryptionKeys[0]}`
    await using mended = commandLine({ DATABASE_URL: t.url, ENCRYPTION_KEY: both })
    expect((await mended.run(['doctor'])).status).toBe(0)
  })

  test.each([
    ['fail', 'clean-up has failed 3 times: no luck', { failures: 3, lastError: 'no luck' }, 0],
    ['warn', 'clean-up should have run at 20', { failures: 2, lastError: 'no luck' }, HOUR],
    ['ok', 'run in time', { failures: 2, lastError: 'no luck' }, HOUR - MINUTE],
  ] as const)('%s: %s', async (level, text, row, secondsLate) => {
    await using t = await testServer({ dialect })
    await using authy2 = commandLine({ DATABASE_URL: t.url })
    await t.write(async ({ tx }) => {
      const nextRunAt = addSeconds(systemClock.now(), -secondsLate)
      const unknown = { name: 'of-another-version', nextRunAt: new Date(0), failures: 99 }
      await tx.insert(tx.t.job).values([{ name: 'clean-up', nextRunAt, ...row }, unknown])
    })
    const { status, output } = await authy2.run(['doctor'])
    expect(output).toMatch(new RegExp(`^${level} +jobs +${text}`, 'm'))
    expect(output).not.toContain('of-another-version')
    expect(status).toBe(level === 'fail' ? 1 : 0)
  })
})

test('before the first start there is nothing to find, and doctor makes nothing', async () => {
  await using authy2 = commandLine({ NODE_ENV: 'development', SECRET_KEY: '', ENCRYPTION_KEY: '' })
  const { status, output } = await authy2.run(['doctor'])
  expect(status).toBe(0)
  expect(output).toMatch(/^warn +database +there is none yet/m)
  expect(existsSync(`${authy2.folder}/authy2.db`)).toBe(false)
  expect(existsSync(`${authy2.folder}/secrets.json`)).toBe(false)
})

test('every problem of the configuration is a line with what to set', async () => {
  await using authy2 = commandLine({ ...PRODUCTION, SECRET_KEY: 'weak', PUBLIC_URL: 'http://id.example.com' })
  const { status, output } = await authy2.run(['doctor'])
  expect(status).toBe(1)
  expect(output).toMatch(/^fail +configuration +SECRET_KEY/m)
  expect(output).toMatch(/^fail +configuration +PUBLIC_URL/m)
  expect(output).toContain('→ set it to ')
  expect(output).not.toContain('weak')
})

test('a production without mail, without limits and behind an unknown proxy is warned', async () => {
  await using authy2 = commandLine({ ...PRODUCTION, RATELIMIT_ENABLED: 'false' })
  await authy2.run(['migrate'])
  const { status, output } = await authy2.run(['doctor'])
  expect(status).toBe(0)
  expect(output).toMatch(/^warn +mail +is not sent/m)
  expect(output).toContain('RATELIMIT_ENABLED')
  expect(output).toContain('TRUSTED_PROXIES')
})

test('services that do not answer are found, with the variable that names them', async () => {
  const port = freePort()
  await using authy2 = commandLine({
    REDIS_URL: `redis://:hush-hush@127.0.0.1:${port}`,
    SMTP_URL: `smtp://user:hush-hush@127.0.0.1:${port}`,
  })
  const { status, output } = await authy2.run(['doctor'])
  expect(status).toBe(1)
  expect(output).toMatch(/^fail +cache +Redis does not answer/m)
  expect(output).toMatch(new RegExp(`^fail +mail +127.0.0.1:${port}`, 'm'))
  expect(output).not.toContain('hush-hush')
})

test('a PostgreSQL that does not answer is found', async () => {
  await using authy2 = commandLine({ DATABASE_URL: `postgres://u:hush-hush@127.0.0.1:${freePort()}/authy2` })
  const { status, output } = await authy2.run(['doctor'])
  expect(status).toBe(1)
  expect(output).toMatch(/^fail +database /m)
  expect(output).not.toContain('hush-hush')
})

describe('an SQLite file', () => {
  test('that is damaged is found', async () => {
    await using authy2 = commandLine()
    await authy2.run(['seed'])
    const path = `${authy2.folder}/authy2.db`
    const file = new SqliteFile(path)
    file.run('PRAGMA wal_checkpoint(TRUNCATE)')
    file.close()
    const page = 4_096
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(0xff, 4 * page, 6 * page))
    const { status, output } = await authy2.run(['doctor'])
    expect(status).toBe(1)
    expect(output).toMatch(/^fail +database /m)
    expect(output).toContain('restore a backup')
  })

  test('whose rows refer to nothing is found', async () => {
    await using authy2 = commandLine()
    await authy2.run(['migrate'])
    {
      using file = new SqliteFile(`${authy2.folder}/authy2.db`)
      file.run('PRAGMA foreign_keys = OFF')
      file.run("insert into passwords values ('gone', 'hash', 0)")
    }
    const { status, output } = await authy2.run(['doctor'])
    expect(status).toBe(1)
    expect(output).toMatch(/^fail +database +rows of passwords refer to rows that are gone/m)
  })

  test('that is something else is found', async () => {
    await using authy2 = commandLine()
    writeFileSync(`${authy2.folder}/authy2.db`, 'not a database at all '.repeat(500))
    const { status, output } = await authy2.run(['doctor'])
    expect(status).toBe(1)
    expect(output).toMatch(/^fail +database /m)
  })

  test('that lacks migrations is a warning', async () => {
    await using authy2 = commandLine()
    {
      using file = new SqliteFile(`${authy2.folder}/authy2.db`)
      file.run('PRAGMA journal_mode = WAL')
    }
    const { status, output } = await authy2.run(['doctor'])
    expect(output).toMatch(new RegExp(`^warn +database +${sqliteMigrations.length} migration`, 'm'))
    expect(status).toBe(0)
  })
})

test('files that others can change or read are a warning', async () => {
  await using authy2 = commandLine()
  chmodSync(authy2.folder, 0o777)
  const files = { TLS_CERT_FILE: `${authy2.folder}/cert.pem`, TLS_KEY_FILE: `${authy2.folder}/key.pem` }
  for (const path of Object.values(files)) writeFileSync(path, '', { mode: 0o644 })
  await using withTls = commandLine({ ...files, DATA_DIR: authy2.folder })
  const { status, output } = await withTls.run(['doctor'])
  expect(output).toContain(`chmod go-w ${authy2.folder}`)
  expect(output).toContain(`chmod o-rwx ${files.TLS_KEY_FILE}`)
  expect(status).toBe(0)
})
