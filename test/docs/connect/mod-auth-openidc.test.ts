import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { findApache, startApache } from '../../support/apache.ts'
import { freePort, type Program } from '../../support/programs.ts'
import { followGuide, type Guide } from './guide.ts'

const TIMEOUT_MS = 120_000

describe.skipIf(findApache() === undefined && process.env.CI !== 'true')(
  'Apache as the guide sets it up',
  () => {
    let guide: Guide
    let behind: Bun.Server<undefined>
    let apache: Program
    let application: string
    beforeAll(async () => {
      const port = freePort()
      application = `http://localhost:${port}`
      behind = Bun.serve({
        hostname: '127.0.0.1',
        port: 0,
        fetch: ({ headers, url }) =>
          Response.json({ path: new URL(url).pathname, ...Object.fromEntries(headers) }),
      })
      guide = await followGuide('docs/connect/mod-auth-openidc.md', {
        env: { OUTBOUND_ALLOW: '127.0.0.1,::1' },
        replacing: { 8080: port, '127.0.0.1:8000': `127.0.0.1:${behind.port}` },
      })
      const variables = [...(await guide.read('wiki.envvars')).matchAll(/^export (\w+)='(.*)'$/gm)]
      apache = await startApache({
        site: await guide.read('wiki.conf'),
        env: Object.fromEntries(variables.map(([, name = '', value = '']) => [name, value])),
        port,
      })
    }, TIMEOUT_MS)
    afterAll(async () => {
      await apache?.stop()
      await behind?.stop(true)
      await guide?.[Symbol.asyncDispose]()
    })

    test('signs Bob in, and tells the application behind it who he is', async () => {
      const page = await guide.bob(application).signIn(`${application}/start`)
      expect(page.url.href).toBe(`${application}/start`)
      expect(JSON.parse(page.text)).toMatchObject({
        path: '/start',
        oidc_claim_email: 'bob@acme-corp.com',
        oidc_claim_name: 'Bob Builder',
        oidc_claim_roles: 'acme-corp:member',
        oidc_claim_groups: 'Engineering',
      })
    })

    test('lets him in by his department, and not where his role does not reach', async () => {
      const bob = guide.bob(application)
      await bob.signIn(application)
      expect((await bob.open(`${application}/releases`)).status).toBe(200)
      expect((await bob.open(`${application}/admin`)).status).toBe(401)
    })

    test('believes nobody who brings the headers along', async () => {
      const response = await fetch(application, {
        headers: { OIDC_CLAIM_email: 'bob@acme-corp.com' },
        redirect: 'manual',
      })
      expect(response.status).toBe(302)
    })

    test('signs him out here and there, and comes back', async () => {
      const bob = guide.bob(application)
      await bob.signIn(application)
      const left = await bob.open(
        `${application}/oidc/callback?logout=${encodeURIComponent(`${application}/`)}`,
      )
      expect([left.url.origin, left.url.pathname]).toEqual([guide.issuer, '/login'])
    })

    test('hears of it when his session ends there', async () => {
      const bob = guide.bob(application)
      await bob.signIn(application)
      expect((await bob.open(application)).url.origin).toBe(application)
      const question = await bob.open(`${guide.issuer}/logout`)
      await bob.submit(question, { decision: 'sign_out' })
      await guide.delivered()
      expect((await bob.open(application)).url.pathname).toBe('/login')
    })
  },
)
