import { describe, expect, test } from 'bun:test'
import { loadConfig } from '../src/config/index.ts'
import { greeting } from '../src/greeting.ts'

const SECRETS = {
  SECRET_KEY: 'u8Kq2vXn7wPz4RbT9cYd1FgH5jLm3sQe6ZaVxW0oNiU',
  ENCRYPTION_KEY: 'b3Ws8Zk1Lq6Yv0Nf5Xt9Rm2Hc7Jd4Gp1Ua6EoTiQyVw',
}
const RUNNING = { url: 'http://127.0.0.1:41234', version: '1.2.3', hasUsers: true }

const greet = (env: Record<string, string>, running: Partial<typeof RUNNING> = {}) =>
  greeting(loadConfig({ env: { ...SECRETS, ...env }, envFile: false }), { ...RUNNING, ...running })

describe('at its start the server says', () => {
  test('where it is, where its documents, data and mails are', () => {
    const text = greet({ DATA_DIR: '/var/lib/authy2' })
    for (const part of [
      'Authy2 1.2.3 (development)',
      'http://localhost:5000\n',
      'http://localhost:5000/openapi',
      '/var/lib/authy2/authy2.db',
      'http://localhost:5000/dev/mail',
      'NODE_ENV=production',
    ]) {
      expect(text).toContain(part)
    }
  })

  test('the port that it found, when it was to find one', () => {
    expect(greet({ PORT: '0' })).toContain('http://127.0.0.1:41234/openapi')
  })

  test('that the first user becomes administrator, until there is one', () => {
    expect(greet({}, { hasUsers: false })).toContain('first user becomes the instance administrator')
    expect(greet({}, { hasUsers: true })).not.toContain('first user')
  })

  test('no password of a server that it uses', () => {
    const text = greet({
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://id.example.com',
      DATABASE_URL: 'postgres://authy2:hush@db.example.com/authy2',
      REDIS_URL: 'redis://:hush@redis.example.com',
      SMTP_URL: 'smtps://user:hush@smtp.example.com',
    })
    expect(text).toContain('PostgreSQL')
    expect(text).toContain('through smtp.example.com:465')
    expect(text).not.toContain('hush')
    expect(text).not.toContain('development')
  })

  test('that mail is not sent where it is not', () => {
    expect(greet({ NODE_ENV: 'production', PUBLIC_URL: 'https://id.example.com' })).toContain('set SMTP_URL')
  })
})
