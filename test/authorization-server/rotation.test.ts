/** Relying parties go on while the keys that sign their tokens are exchanged under them. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as oidc from 'openid-client'
import { createApp } from '../../src/app.ts'
import { openDatabase } from '../../src/db/index.ts'
import { createDeps } from '../../src/deps.ts'
import { DAY, HOUR, silentLog, systemRandom } from '../../src/kernel/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application, exchangeOf, REDIRECT_URI } from './application.ts'

/** How many applications sign people in at the same time. */
const LOOPS = 6
/** Documents are kept by those who fetch them for as long as they are let. */
const STALE_HOURS = 23

describe.each(testDialects)('while keys rotate on $name', (dialect) => {
  let t: TestServer
  let instances: readonly Pick<TestServer, 'app' | 'deps'>[]
  let close = async () => {}
  beforeAll(async () => {
    t = await testServer({ dialect, env: { OIDC_KEY_ROTATION_DAYS: '90' } })
    instances = [t]
    if (dialect.name === 'postgres') {
      const { config, kv, clock, hasher } = t.deps
      const database = openDatabase({ kind: 'postgres', url: t.url, poolSize: 5 }, systemRandom)
      const deps = createDeps({ config, database, kv, clock, hasher, random: systemRandom, log: silentLog })
      instances = [t, { deps, app: createApp(deps) as TestServer['app'] }]
      close = () => database.close()
    }
  })
  afterAll(async () => {
    await close()
    await t[Symbol.asyncDispose]()
  })

  let requests = 0
  const send = (url: string, options?: object) => {
    const instance = instances[requests++ % instances.length] ?? t
    return instance.app.handle(new Request(url, options as RequestInit))
  }

  /** An application that verifies every signature, also where TLS would do. */
  async function discover({ client, secret }: Awaited<ReturnType<typeof application>>) {
    const skew = Math.floor((t.deps.clock.now().getTime() - Date.now()) / 1_000)
    const metadata = { client_secret: secret, [oidc.clockSkew]: skew, [oidc.clockTolerance]: 5 }
    const config = await oidc.discovery(new URL(t.deps.config.oidc.issuer), client.id, metadata, undefined, {
      execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
      [oidc.customFetch]: send as oidc.CustomFetch,
    })
    return config
  }

  /** One person signs in, the application goes on for them, and both tokens are looked at. */
  async function round(app: Awaited<ReturnType<typeof application>>, config: oidc.Configuration) {
    const { code, verifier } = await app.code({ scope: ['openid', 'offline_access'] })
    const answer = new URL(`${REDIRECT_URI}?code=${code}&iss=${t.deps.config.oidc.issuer}`)
    const checks = { pkceCodeVerifier: exchangeOf(code, verifier).code_verifier }
    const tokens = await oidc.authorizationCodeGrant(config, answer, checks)
    const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')
    await oidc.fetchUserInfo(config, fresh.access_token, tokens.claims()?.sub ?? '')
    const { active } = await oidc.tokenIntrospection(config, tokens.access_token)
    return active
  }

  const signingKeyIds = async () => {
    const { keys } = (await (await send(`${t.deps.config.oidc.issuer}/oidc/jwks`)).json()) as {
      keys: { kid: string }[]
    }
    return keys.map(({ kid }) => kid)
  }

  test('no token is refused, and no application that fetched the keys within a day sees one that it does not know', async () => {
    const app = await application(t)
    const before = await signingKeyIds()
    let jwks = oidc.getJwksCache(await discover(app))
    const results: (boolean | undefined)[] = []
    // By hand at once, and then as the job does it: published, in use, retired, gone.
    await t.deps.signingKeys.rotate({ actor: { kind: 'system' }, log: silentLog })
    for (let hour = 0; hour < 3 * 24; hour += STALE_HOURS) {
      const parties = await Promise.all(Array.from({ length: LOOPS }, () => discover(app)))
      // Some have just fetched the keys; others still hold those of the last round.
      if (jwks) for (const party of parties.slice(LOOPS / 2)) oidc.setJwksCache(party, jwks)
      const rounds = Promise.all(parties.map((party) => round(app, party)))
      results.push(...(await rounds))
      const [party] = parties
      jwks = party && oidc.getJwksCache(party)
      t.clock.advance(STALE_HOURS * HOUR)
    }
    expect(results).toHaveLength(LOOPS * 4)
    expect(results.filter((active) => active !== true)).toEqual([])
    const after = await signingKeyIds()
    expect(after.filter((id) => !before.includes(id)).length).toBeGreaterThan(0)

    t.clock.advance(2 * DAY)
    await t.deps.signingKeys.rotate({ actor: { kind: 'system' }, log: silentLog })
    expect(await round(app, await discover(app))).toBe(true)
  })
})
