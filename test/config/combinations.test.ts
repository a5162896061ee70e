import { describe, expect, test } from 'bun:test'
import { ConfigError, loadConfig } from '../../src/config/index.ts'

const smtp = (env: Record<string, string>) => loadConfig({ envFile: false, env }).smtp

function wrong(env: Record<string, string>): readonly string[] {
  try {
    smtp(env)
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.problems.map(({ variable }) => variable) : [String(error)]
  }
}

describe('the mail server', () => {
  test('smtps:// speaks TLS from the first byte on port 465', () => {
    expect(smtp({ SMTP_URL: 'smtps://me:pass@mail.example.com', SMTP_FROM: 'a@example.com' })).toEqual({
      host: 'mail.example.com',
      port: 465,
      secure: true,
      requireTls: false,
      user: 'me',
      password: 'pass',
      from: 'a@example.com',
    })
  })

  test('smtp:// insists on STARTTLS on port 587', () => {
    expect(smtp({ SMTP_URL: 'smtp://mail.example.com' })).toMatchObject({
      port: 587,
      secure: false,
      requireTls: true,
    })
  })

  test('a server on this machine is spoken to in the clear', () => {
    expect(smtp({ SMTP_URL: 'smtp://127.0.0.1:1025' })).toMatchObject({
      port: 1025,
      secure: false,
      requireTls: false,
    })
  })

  test('separate variables say the same', () => {
    const env = { SMTP_HOST: 'mail.example.com', SMTP_PORT: '2525', SMTP_USER: 'me', SMTP_PASSWORD: 'pass' }
    expect(smtp({ ...env, SMTP_TLS: 'tls' })).toMatchObject({
      port: 2525,
      secure: true,
      user: 'me',
      password: 'pass',
    })
    expect(smtp({ ...env, SMTP_TLS: 'none' })).toMatchObject({ secure: false, requireTls: false })
    expect(smtp({ ...env, SMTP_PORT: '465' })).toMatchObject({ secure: true })
  })

  test('the password may lie in a file that does not exist, which is told', () => {
    expect(wrong({ SMTP_HOST: 'a', SMTP_USER: 'me', SMTP_PASSWORD_FILE: '/does/not/exist' })).toContain(
      'SMTP_PASSWORD_FILE',
    )
  })
})

describe('contradictions', () => {
  test.each<[string[], Record<string, string>]>([
    [['SMTP_HOST'], { SMTP_URL: 'smtp://a', SMTP_HOST: 'b' }],
    [['SMTP_TLS'], { SMTP_URL: 'smtps://a', SMTP_TLS: 'none' }],
    [['SMTP_USER'], { SMTP_HOST: 'a', SMTP_USER: 'me' }],
    [['SMTP_PASSWORD'], { SMTP_HOST: 'a', SMTP_PASSWORD: 'pass' }],
    [['SMTP_PORT'], { SMTP_PORT: '25' }],
    [['TLS_CERT_FILE'], { TLS_CERT_FILE: '/cert' }],
    [['TLS_KEY_FILE'], { TLS_KEY_FILE: '/key' }],
    [['SESSION_COOKIE_DOMAIN'], { PUBLIC_URL: 'https://id.example.com', SESSION_COOKIE_DOMAIN: 'le.com' }],
    // People were sent to the issuer, and refused there: the forms of its pages came from another origin.
    ...[
      'https://login.example.com',
      'https://example.com',
      'http://id.example.com',
      'https://id.example.com:8443',
    ].map((issuer): [string[], Record<string, string>] => [
      ['OIDC_ISSUER_URL'],
      { PUBLIC_URL: 'https://id.example.com', OIDC_ISSUER_URL: issuer },
    ]),
    ...['le.com', 'com', 'app.example.com', 'x.id.example.com'].map(
      (domain): [string[], Record<string, string>] => [
        ['WEBAUTHN_RP_ID'],
        { PUBLIC_URL: 'https://id.example.com', WEBAUTHN_RP_ID: domain },
      ],
    ),
  ])('%j', (variables, env) => {
    expect(wrong(env)).toEqual(variables)
  })

  test('a cookie domain at or above the public host is fine', () => {
    for (const domain of ['id.example.com', 'example.com']) {
      expect(wrong({ PUBLIC_URL: 'https://id.example.com', SESSION_COOKIE_DOMAIN: domain })).toEqual([])
    }
  })
})

test('the issuer is the public address, and has no path', () => {
  const load = (env: Record<string, string>) =>
    loadConfig({ env: { NODE_ENV: 'test', ...env }, envFile: false })
  expect(load({ PUBLIC_URL: 'https://id.example.com' }).oidc).toEqual({
    issuer: 'https://id.example.com',
    accessTokenSeconds: 3_600,
    idTokenSeconds: 3_600,
    refreshTokenSeconds: 2_592_000,
    authorizationCodeSeconds: 60,
    keyRotationDays: 90,
    dynamicRegistration: 'closed',
    clientMetadataDocuments: false,
    dynamicProfile: false,
  })
  const both = { PUBLIC_URL: 'https://id.example.com', OIDC_ISSUER_URL: 'https://id.example.com/' }
  expect(load(both).oidc.issuer).toBe('https://id.example.com')
  expect(() => load({ ...both, OIDC_ISSUER_URL: 'https://id.example.com/realm' })).toThrow('OIDC_ISSUER_URL')
  expect(() => load({ ...both, OIDC_ISSUER_URL: 'https://login.example.com' })).toThrow(
    'set PUBLIC_URL to the address that applications know',
  )
  expect(() => load({ OIDC_AUTHORIZATION_CODE_LIFETIME: '11m' })).toThrow('OIDC_AUTHORIZATION_CODE_LIFETIME')
})
