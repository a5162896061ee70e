import { describe, expect, test } from 'bun:test'
import { inspectConfig } from '../../src/config/index.ts'

const strangersOf = (env: Record<string, string>) => inspectConfig({ env, envFile: false }).strangers
const namesOf = (env: Record<string, string>) => strangersOf(env).map(({ variable }) => variable)

describe('a name that looks like ours and is none', () => {
  test.each([
    ['OIDC_ISUER_URL', 'OIDC_ISSUER_URL'],
    ['RATELIMIT_OIDCTOKEN', 'RATELIMIT_OIDC_TOKEN'],
    ['SMTP_PASWORD', 'SMTP_PASSWORD'],
    ['WEBAUTHN_RPID', 'WEBAUTHN_RP_ID'],
    ['DATABASE_ULR', 'DATABASE_URL'],
    ['PUBLIC_ULR', 'PUBLIC_URL'],
    ['SECRET_KEY_FIEL', 'SECRET_KEY_FILE'],
  ])('%s is told, with %s', (variable, nearest) => {
    expect(strangersOf({ [variable]: 'x' })).toEqual([{ variable, nearest, source: 'environment' }])
  })

  test('is told where it is like none of ours, too', () => {
    const [stranger] = strangersOf({ OIDC_SOMETHING_THAT_NOBODY_EVER_HAD: 'x' })
    expect(stranger).toMatchObject({ nearest: undefined })
  })
})

test('names of other programs, known ones, empty ones and prefixed ones are passed over', () => {
  const others = [
    'PATH',
    'HOME',
    'HOSTNAME',
    'NODE_OPTIONS',
    'REDIS_HOST',
    'SESSION_MANAGER',
    'LOG_DIR',
    'PORTS',
  ]
  expect(namesOf(Object.fromEntries(others.map((name) => [name, 'x'])))).toEqual([])
  expect(namesOf({ OIDC_KEY_ROTATION_DAYS: '30', AUTHY2_OIDC_DYNAMIC_PROFILE: 'true' })).toEqual([])
  expect(namesOf({ OIDC_ISUER_URL: '' })).toEqual([])
})
