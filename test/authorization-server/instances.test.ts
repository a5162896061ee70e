import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { openDatabase } from '../../src/db/index.ts'
import { createDeps } from '../../src/deps.ts'
import { SYSTEM, silentLog, systemRandom } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application, post, SERVICE } from './application.ts'
import { authorizePath, Browser, interactionOf, VERIFIER } from './browser.ts'
import { agree, type Setting, setUp, signIn } from './setting.ts'

const SHARED = testDialects.filter(({ name }) => name === 'postgres')

/** Elsewhere there is nothing that two instances could share. */
describe.each(SHARED)('two instances on one database ($name)', (dialect) => {
  let one: TestServer
  let two: Pick<TestServer, 'app' | 'deps'>
  let close: () => Promise<void>

  beforeAll(async () => {
    one = await testServer({ dialect })
    const { config, kv, clock, hasher } = one.deps
    const database = openDatabase({ kind: 'postgres', url: one.url, poolSize: 5 }, systemRandom)
    const deps = createDeps({ config, database, kv, clock, hasher, random: systemRandom, log: silentLog })
    two = { deps, app: createApp(deps) as TestServer['app'] }
    close = () => database.close()
  })
  afterAll(async () => {
    await close()
    await one[Symbol.asyncDispose]()
  })

  test('are one to a person whose every step reaches the other one', async () => {
    for (const first of [0, 1]) {
      let requests = first
      const browser = new Browser(() => (requests++ % 2 === 0 ? one : two))
      const setting: Setting = { ...(await setUp(one)), browser }
      const id = interactionOf(await browser.get(authorizePath(setting.client)))
      await browser.interaction(id)
      await signIn(setting, id)
      const agreed = await agree(setting, id)
      const code = new URL(agreed.json.data.location).searchParams.get('code') ?? ''
      const authorization = `Basic ${btoa(`${setting.client.id}:${setting.client.secret}`)}`
      const page = await browser.form(
        '/oidc/token',
        {
          grant_type: 'authorization_code',
          code,
          redirect_uri: 'https://wiki.example.com/callback',
          code_verifier: VERIFIER,
        },
        { authorization },
      )
      expect(page.status).toBe(200)
      const out = await browser.get(`/oidc/logout?id_token_hint=${page.json.id_token}`)
      expect(out.text).toContain('You are signed out')
    }
  })

  test('answer one request once, whichever the twenty answers reach', async () => {
    let requests = 0
    const browser = new Browser(() => (requests++ % 2 === 0 ? one : two))
    const setting: Setting = { ...(await setUp(one)), browser }
    const id = interactionOf(await browser.get(authorizePath(setting.client)))
    await signIn(setting, id)
    const scopes = ['openid', 'email']
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => browser.step(id, 'consent', { scopes })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(19)
  })

  test('refuse what a stolen key signed at the same moment, whichever of them was told', async () => {
    const app = await application(one, SERVICE)
    const other = await application(one, { ...SERVICE, access_token_signing_alg: 'EdDSA' })
    const grant = { grant_type: 'client_credentials' }
    const isActive = (of: typeof app, token: string) =>
      Promise.all(
        [one, two].map(async (instance) => {
          const parameters = { ...of.credentials, token }
          return (await post(instance as TestServer, '/oidc/introspect', parameters)).body.active
        }),
      )
    const { access_token: stolen } = (await app.token(grant)).body
    const { access_token: kept } = (await other.token(grant)).body
    const origin = { actor: SYSTEM, log: silentLog }
    await two.deps.signingKeys.rotate(origin, { algorithm: 'ES256', isCompromised: true })
    one.clock.advance(14)
    expect(await isActive(app, stolen)).toEqual([true, true])
    one.clock.advance(1)
    expect(await isActive(app, stolen)).toEqual([false, false])
    expect(await isActive(other, kept)).toEqual([true, true])
    const renewed = (await app.token(grant)).body.access_token
    expect(await isActive(app, renewed)).toEqual([true, true])
  })
})
