import { describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { authorizePath, Browser } from '../authorization-server/browser.ts'
import { remoteSite } from '../support/remote-site.ts'
import { BOB, binaryPlace, hasBinary } from './place.ts'

describe.skipIf(!hasBinary)('the compiled program', () => {
  test('knows its version and explains itself', async () => {
    await using place = binaryPlace()
    expect(await place.run(['--version'])).toEqual({
      code: 0,
      output: `${packageJson.version}\n`,
      errors: '',
    })
    const { code, output } = await place.run(['--help'])
    expect(code).toBe(0)
    expect(output).toContain('Usage: authy2')
  })

  test('ends with status 2 and a hint where it is not understood', async () => {
    await using place = binaryPlace()
    const { code, output, errors } = await place.run(['serve', '--prot', '80'])
    expect({ code, output }).toEqual({ code: 2, output: '' })
    expect(errors).toContain('Did you mean --port?')
  })

  test('starts in an empty folder: migrates, is seeded beside the running server, and bob signs in', async () => {
    await using place = binaryPlace()
    await using server = await place.start()
    expect(readdirSync(place.folder)).toContain('data')
    const first = await place.run(['seed'])
    expect([first.code, first.errors]).toEqual([0, expect.stringContaining('Users added: 12')])
    const second = await place.run(['seed'])
    expect([second.code, second.errors]).toEqual([0, 'The sample data is there already.\n'])

    const signedIn = await server.call('POST', '/auth/login', { body: BOB })
    expect(signedIn.status).toBe(200)
    const me = await server.call('GET', '/auth/me', { token: signedIn.body.data.token })
    expect(me.body.data).toMatchObject({
      user: { email: BOB.email, is_instance_admin: false },
      organizations: [{ slug: 'acme-corp', role: 'member' }],
    })
    expect((await place.run(['doctor'])).code).toBe(0)
    expect((await place.run(['health'], { env: { PORT: String(server.port) } })).output).toBe('up\n')
  })

  test('carries its pages: the seeded application signs bob in on them', async () => {
    await using place = binaryPlace()
    expect((await place.run(['seed'])).code).toBe(0)
    await using server = await place.start()
    const publicUrl = `http://localhost:${server.port}`
    const browser = new Browser(() => remoteSite(publicUrl, () => server.url))
    const redirect_uri = 'http://localhost:3000/auth/callback'
    const path = authorizePath({ id: 'acme-portal-001' }, { redirect_uri, scope: 'openid profile' })
    const signIn = await browser.follow(await browser.get(path))
    const [, script] = /src="(\/assets\/passkey[^"]+)"/.exec(signIn.text) ?? []
    expect((await browser.get(script ?? '')).text).toContain('parseRequestOptionsFromJSON')
    let page = await browser.follow(await browser.submit(signIn, BOB, '/login'))
    if (!page.location) page = await browser.submit(page, { decision: 'allow' }, '/consent')
    expect(page.location?.href).toStartWith(`${redirect_uri}?code=a2x_`)
  })

  test('prints its OpenAPI document whole, and leaves nothing behind', async () => {
    await using place = binaryPlace()
    const { code, output, errors } = await place.run(['openapi'])
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(JSON.parse(output)).toMatchObject({
      openapi: '3.1.0',
      info: { version: packageJson.version },
      paths: { '/api/v1/auth/login': { post: {} }, '/api/health': { get: {} }, '/metrics': { get: {} } },
    })
    expect(readdirSync(place.folder)).toEqual([])
  })

  test('migrates by hand', async () => {
    await using place = binaryPlace()
    expect((await place.run(['migrate', 'status'])).code).toBe(1)
    expect((await place.run(['migrate', 'up'])).code).toBe(0)
    expect((await place.run(['migrate', 'status'])).code).toBe(0)
  })

  test('makes development secrets once, readable by their owner only', async () => {
    await using place = binaryPlace()
    await place.run(['seed'])
    const secrets = join(place.folder, 'data/secrets.json')
    const before = await Bun.file(secrets).text()
    expect(statSync(secrets).mode & 0o777).toBe(0o600)
    expect(statSync(join(place.folder, 'data/authy2.db')).mode & 0o777).toBe(0o600)
    await place.run(['seed'])
    expect(await Bun.file(secrets).text()).toBe(before)
    chmodSync(secrets, 0o644)
    const { code, errors } = await place.run(['serve'])
    expect(code).toBe(1)
    expect(errors).toContain('chmod 600')
  })

  test('refuses a production without strong secrets, and names everything that is wrong', async () => {
    await using place = binaryPlace()
    const { code, errors } = await place.run(['serve'], {
      env: {
        NODE_ENV: 'production',
        SECRET_KEY: 'changeme-changeme-changeme-changeme',
        PUBLIC_URL: 'http://id.example.com',
        CORS_ORIGINS: '*',
        AUTHY2_PROT: '80',
      },
    })
    expect(code).toBe(1)
    for (const name of ['SECRET_KEY', 'ENCRYPTION_KEY', 'PUBLIC_URL', 'CORS_ORIGINS', 'AUTHY2_PROT']) {
      expect(errors).toContain(name)
    }
    expect(errors).toContain('is it AUTHY2_PORT?')
    expect(errors).not.toContain('changeme')
    expect(existsSync(join(place.folder, 'data'))).toBe(false)
  })

  test('serves in production over strong secrets, and shows no mailbox there', async () => {
    await using place = binaryPlace()
    await using server = await place.start({
      env: {
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PUBLIC_URL: 'https://id.example.com',
        SECRET_KEY: 'u8Kq2vXn7wPz4RbT9cYd1FgH5jLm3sQe6ZaVxW0oNiU',
        ENCRYPTION_KEY: 'b3Ws8Zk1Lq6Yv0Nf5Xt9Rm2Hc7Jd4Gp1Ua6EoTiQyVw',
      },
    })
    expect((await fetch(`${server.url}/dev/mail`)).status).toBe(404)
    const health = await fetch(`${server.url}/api/health`)
    expect(health.headers.get('strict-transport-security')).toContain('max-age')
    expect(await health.json()).toMatchObject({ data: { status: 'ok', checks: { mail: 'off' } } })
  })

  test('says which port is taken, and what to set', async () => {
    await using place = binaryPlace()
    await using server = await place.start()
    const { code, errors } = await place.run(['serve', '--port', String(server.port)])
    expect(code).toBe(1)
    expect(errors).toContain('--port')
    expect(errors).not.toContain('    at ')
  })

  test('--demo seeds first, and never outside of development', async () => {
    await using place = binaryPlace()
    const { code, errors } = await place.run(['serve', '--demo'], { env: { NODE_ENV: 'test' } })
    expect(code).toBe(1)
    expect(errors).toContain('authy2 seed --force')
    expect(existsSync(join(place.folder, 'data/authy2.db'))).toBe(false)
  })

  test('makes an administrator whose password it prints once', async () => {
    await using place = binaryPlace()
    const { code, output } = await place.run(['admin', 'create', 'ada@example.com'])
    expect(code).toBe(0)
    const [, password = ''] = /^Password: (\S+)$/m.exec(output) ?? []
    await using server = await place.start()
    const signedIn = await server.call('POST', '/auth/login', {
      body: { email: 'ada@example.com', password },
    })
    expect(signedIn.body.data.user).toMatchObject({ is_instance_admin: true, email_verified: true })
    const piped = await place.run(['admin', 'reset-password', 'ada@example.com', '--password-stdin'], {
      input: 'quiet-Harbour-71-lantern\n',
    })
    expect([piped.code, piped.output]).toEqual([0, ''])
    expect((await server.call('GET', '/auth/me', { token: signedIn.body.data.token })).status).toBe(401)
  })
})
