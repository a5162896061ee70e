import { expect, test } from 'bun:test'
import { inspectConfig, renderConfig } from '../../src/config/index.ts'
import { VARIABLES } from '../../src/config/variables/table.ts'

const HUSH = 'hush'
const rendered = renderConfig(
  inspectConfig({
    envFile: false,
    env: {
      AUTHY2_PORT: '8080',
      SECRET_KEY: `${HUSH},${HUSH}`,
      ENCRYPTION_KEY: HUSH,
      METRICS_TOKEN: HUSH,
      DATABASE_URL: `postgres://authy2:${HUSH}@db:5432/authy2?password=${HUSH}`,
      REDIS_URL: `redis://:${HUSH}@a:6379,redis://:${HUSH}@b:6379`,
      SMTP_URL: `smtps://me:${HUSH}@mail.example.com`,
    },
  }),
)
const line = (name: string) => rendered.split('\n').find((text) => text.trim().startsWith(`${name} `))

test('every variable is listed', () => {
  for (const name of Object.keys(VARIABLES)) expect(line(name)).toBeDefined()
})

test('no secret is shown', () => {
  expect(rendered).not.toContain(HUSH)
  expect(line('SECRET_KEY')).toContain('(hidden)')
})

test('of an address only the password and the query are hidden', () => {
  expect(line('DATABASE_URL')).toContain('postgres://authy2:***@db:5432/authy2?***')
  expect(line('REDIS_URL')).toContain('redis://:***@a:6379,redis://:***@b:6379')
  expect(line('SMTP_URL')).toContain('smtps://me:***@mail.example.com')
})

test('each line says where the value came from', () => {
  expect(line('PORT')).toMatch(/8080 {2}\[environment\]$/)
  expect(line('PUBLIC_URL')).toMatch(/http:\/\/localhost:8080 {2}\[default\]$/)
  expect(line('CORS_ORIGINS')).toMatch(/\(none\) {2}\[not set\]$/)
})
