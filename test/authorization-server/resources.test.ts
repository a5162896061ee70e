import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { and, eq } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import { judgeResources } from '../../src/authorization-server/audience.ts'
import { createClient, type StoredClient } from '../../src/clients/index.ts'
import type { ReadCtx } from '../../src/db/index.ts'
import { addMember } from '../../src/organizations/index.ts'
import type { Outbound } from '../../src/outbound/index.ts'
import { TOKEN_TYPES } from '../../src/protocol/oauth/index.ts'
import { eventsOf, PASSWORD, withPassword } from '../authentication/people.ts'
import { registerByToken } from '../clients/registered.ts'
import { clientCalls } from '../clients/requests.ts'
import { foundTenant, type Tenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type Application, application, exchangeOf, post, refreshOf, SERVICE } from './application.ts'
import { answerOf, authorizePath, Browser, interactionOf, VERIFIER } from './browser.ts'
import { agree } from './setting.ts'

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TOOL = 'https://tool.example.com/client.json'
const OWN_TOKEN = { grant_type: 'client_credentials' }
const REDIRECT_URI = 'https://app.example.com/callback'

const outbound: Outbound = {
  send: () => Promise.reject(new Error('Nothing is sent here')),
  fetchJson: async () => ({
    client_id: TOOL,
    client_name: 'Tool',
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token', DEVICE],
    token_endpoint_auth_method: 'none',
  }),
}

test('whether a client that was set up may have a token is known without a look at the database', async () => {
  const client = {
    origin: 'created',
    organizationId: 'acme',
    audiences: ['https://one.example/', 'https://two.example/'],
    foreignAudiences: ['https://two.example/'],
    metadata: {},
  }
  const judged = async (resources: string[]) => {
    const ctx = { config: { oidc: { issuer: 'https://id.example' } } } // and no reader
    const asked = { resources, userId: null }
    return (await judgeResources(ctx as ReadCtx, client as unknown as StoredClient, asked)).areOpen
  }
  expect(await judged(['https://one.example/', 'https://id.example'])).toBe(true)
  expect(await judged(['https://two.example/'])).toBe(false)
  expect(await judged(['https://three.example/'])).toBe(false)
})

let count = 0
const aResource = () => `https://resource-${++count}.example.com/`

describe.each(testDialects)('tokens for resources on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    const env = { OIDC_CLIENT_METADATA_DOCUMENTS: 'true', OIDC_DYNAMIC_REGISTRATION: 'open' }
    t = await testServer({ dialect, outbound, env })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  /** What the migration leaves of a client whose resource another organization was first to list. */
  const takeAway = ({ client }: Application, resource: string) =>
    t.write(async ({ tx }) => {
      const { client: c } = tx.t
      await tx
        .update(c)
        .set({ foreignAudiences: [resource] })
        .where(eq(c.id, client.id))
    })

  /** An organization that holds a resource. */
  const holding = async (resource = aResource()) => {
    const tenant = await foundTenant(t)
    const owner = await clientCalls(t, tenant).make({ ...SERVICE, audiences: [resource] })
    return { tenant, resource, owner }
  }

  describe('of a client that an administrator has made', () => {
    test('are there for what it lists, and nothing else', async () => {
      const resource = aResource()
      const { resource: theirs } = await holding()
      const app = await application(t, { ...SERVICE, audiences: [resource] })
      const { body } = await app.token({ ...OWN_TOKEN, resource })
      expect(decodeJwt(body.access_token).aud).toBe(resource)
      for (const other of [theirs, aResource()]) {
        const refused = await app.token({ ...OWN_TOKEN, resource: other })
        expect([refused.status, refused.body.error]).toEqual([400, 'invalid_target'])
      }
    })

    test('are not there for what another organization has by now', async () => {
      const resource = aResource()
      const app = await application(t, { ...SERVICE, audiences: [resource] })
      const { access_token } = (await app.token(OWN_TOKEN)).body
      const reader = await sibling(t, app, { ...SERVICE, audiences: [resource] })
      expect((await reader.introspect(access_token)).body.active).toBe(true)
      await takeAway(app, resource)
      await takeAway({ ...app, client: { ...app.client, id: reader.id } }, resource)
      for (const asked of [{ resource }, {}] as Record<string, string>[]) {
        const refused = await app.token({ ...OWN_TOKEN, ...asked })
        expect([refused.status, refused.body.error]).toEqual([400, 'invalid_target'])
      }
      expect((await reader.introspect(access_token)).body).toEqual({ active: false })
      expect((await app.introspect(access_token)).body.active).toBe(true)
    })

    test('go on for the rest of what its person agreed to', async () => {
      const [kept, gone] = [aResource(), aResource()]
      const app = await application(t, { audiences: [kept, gone] })
      const asked = { resources: [kept, gone] }
      const { refresh_token } = (await app.exchange(asked)).body
      const { code, verifier } = await app.code(asked)
      await takeAway(app, gone)
      const named = await app.token({ ...refreshOf(refresh_token), resource: gone })
      expect(named.body.error).toBe('invalid_target')
      for (const request of [refreshOf(refresh_token), exchangeOf(code, verifier)]) {
        const { body } = await app.token(request)
        expect(decodeJwt(body.access_token).aud).toEqual([kept, t.deps.config.oidc.issuer])
      }
    })

    test('are not there for what it dropped since its person agreed', async () => {
      const resource = aResource()
      const app = await application(t, { audiences: [resource] })
      const { refresh_token } = (await app.exchange({ resources: [resource] })).body
      const { code, verifier } = await app.code({ resources: [resource] })
      const { body } = await app.token(refreshOf(refresh_token))
      expect(decodeJwt(body.access_token).aud).toEqual([resource, t.deps.config.oidc.issuer])
      await t.write(({ tx }) =>
        tx.update(tx.t.client).set({ audiences: [] }).where(eq(tx.t.client.id, app.client.id)),
      )
      const exchange = { grant_type: 'authorization_code', code, code_verifier: verifier }
      const redirect = { redirect_uri: 'https://wiki.example.com/callback' }
      for (const request of [refreshOf(body.refresh_token), { ...exchange, ...redirect }]) {
        expect((await app.token(request)).body.error).toBe('invalid_target')
      }
    })
  })

  // Whoever listed the issuer as a resource was told of every token that is good for userinfo.
  test('are no business of a client that lists this server itself, or what is another’s', async () => {
    const resource = aResource()
    const app = await application(t, { audiences: [resource] })
    const { access_token } = (await app.exchange({ resources: [resource] })).body
    const spy = await application(t, { grant_types: ['authorization_code', EXCHANGE] })
    const { issuer } = t.deps.config.oidc
    const listed = [issuer, `${issuer}/api`, resource]
    await t.write(({ tx }) =>
      tx
        .update(tx.t.client)
        .set({ audiences: listed, foreignAudiences: [resource] })
        .where(eq(tx.t.client.id, spy.client.id)),
    )
    expect((await spy.introspect(access_token)).body).toEqual({ active: false })
    const exchanged = await spy.token({
      grant_type: EXCHANGE,
      subject_token: access_token,
      subject_token_type: TOKEN_TYPES.access_token,
    })
    expect(exchanged.body.error).toBe('invalid_request')
    const api = await spy.token({
      grant_type: EXCHANGE,
      subject_token: spy.person.token,
      subject_token_type: TOKEN_TYPES.session,
      audience: resource,
    })
    expect(api.body.error).toBe('invalid_target')
  })

  describe('of a client that registered itself for an organization', () => {
    const SERVED = {
      grant_types: ['client_credentials', 'authorization_code', EXCHANGE],
      scope: 'openid reports',
    }
    const ask = (client: Registered, resource: string) =>
      post(t, '/oidc/token', { ...OWN_TOKEN, resource }, client.basic)

    test('are there for its own resources and nobody’s, and not for another’s', async () => {
      const { tenant, resource } = await holding()
      const { resource: theirs } = await holding()
      const client = await register(t, tenant, SERVED)
      expect(decodeJwt((await ask(client, resource)).body.access_token).aud).toBe(resource)
      const free = aResource()
      expect((await ask(client, free)).status).toBe(200)
      expect((await ask(client, theirs)).body.error).toBe('invalid_target')
      await holding(free)
      expect((await ask(client, free)).body.error).toBe('invalid_target')
      const asked = authorizePath(client, { redirect_uri: REDIRECT_URI, scope: 'openid', resource: theirs })
      expect(answerOf(await new Browser(() => t).get(asked)).error).toBe('invalid_target')
    })

    test('come of an exchange only for its own, or as far as the person has agreed', async () => {
      const { tenant, resource } = await holding()
      const client = await register(t, tenant, SERVED)
      const exchange = (audience: string) =>
        post(
          t,
          '/oidc/token',
          {
            grant_type: EXCHANGE,
            subject_token: tenant.owner.token,
            subject_token_type: TOKEN_TYPES.session,
            audience,
          },
          client.basic,
        )
      const [free, another] = [aResource(), aResource()]
      expect((await exchange(resource)).status).toBe(200)
      expect((await exchange(free)).body.error).toBe('invalid_target')
      await t.write(({ tx, newId }) =>
        tx.insert(tx.t.grant).values({
          id: newId(),
          userId: tenant.owner.user.id,
          clientId: client.id,
          scopes: ['openid'],
          resources: [free],
          createdAt: t.clock.now(),
          updatedAt: t.clock.now(),
        }),
      )
      expect((await exchange(free)).status).toBe(200)
      expect((await exchange(another)).body.error).toBe('invalid_target')
    })
  })

  describe('of a client of no organization', () => {
    const arrange = async (resource: string) => {
      const user = await withPassword(t, { email: `tool-${++count}@example.com` })
      const browser = new Browser(() => t)
      const parameters = { redirect_uri: REDIRECT_URI, scope: 'openid offline_access', resource }
      const signIn = async () => {
        const id = interactionOf(await browser.get(authorizePath({ id: TOOL }, parameters)))
        const page = await browser.step(id, 'login', { email: user.email, password: PASSWORD })
        return { id, next: page.json.data }
      }
      const token = (rest: Record<string, string>) =>
        browser.form('/oidc/token', { client_id: TOOL, ...rest })
      const redeem = (location: string) =>
        token({
          grant_type: 'authorization_code',
          code: new URL(location).searchParams.get('code') ?? '',
          redirect_uri: REDIRECT_URI,
          code_verifier: VERIFIER,
        })
      return { user, browser, signIn, token, redeem }
    }

    test('are there for what nobody holds, until somebody does', async () => {
      const resource = aResource()
      const { browser, signIn, token, redeem } = await arrange(resource)
      const { id, next } = await signIn()
      expect(next.interaction).toMatchObject({ step: 'consent', resources: [resource] })
      const { data } = (await agree({ browser }, id)).json
      const { json } = await redeem(data.location)
      expect(decodeJwt(json.access_token).aud).toEqual([resource, t.deps.config.oidc.issuer])
      const again = await token(refreshOf(json.refresh_token))
      expect(again.status).toBe(200)
      await holding(resource)
      const refused = await token(refreshOf(again.json.refresh_token))
      expect([refused.status, refused.json.error]).toEqual([400, 'invalid_target'])
    })

    test('are there for what an organization holds where the person is a member, and as long as they are', async () => {
      const { tenant, resource } = await holding()
      const { user, browser, signIn, token, redeem } = await arrange(resource)
      await t.write((ctx) => addMember(ctx, { organizationId: tenant.id, user, role: 'member' }))
      const { id } = await signIn()
      const { data } = (await agree({ browser }, id)).json
      const { json } = await redeem(data.location)
      const again = await token(refreshOf(json.refresh_token))
      expect(decodeJwt(again.json.access_token).aud).toEqual([resource, t.deps.config.oidc.issuer])
      await t.write(({ tx }) => {
        const { member } = tx.t
        return tx
          .update(member)
          .set({ status: 'suspended' })
          .where(and(eq(member.userId, user.id), eq(member.organizationId, tenant.id)))
      })
      expect((await token(refreshOf(again.json.refresh_token))).json.error).toBe('invalid_target')
    })

    test('are not there for what an organization holds where the person is none of its members', async () => {
      const { resource } = await holding()
      const { signIn } = await arrange(resource)
      const { next } = await signIn()
      expect(new URL(next.location).searchParams.get('error')).toBe('invalid_target')
    })

    test('are had by a device on the same terms', async () => {
      const { tenant, resource } = await holding()
      const { token } = await arrange(resource)
      const begin = async (asked: string) => {
        const parameters = { client_id: TOOL, scope: 'openid', resource: asked }
        return (await post(t, '/oidc/device', parameters)).body
      }
      const answer = (device: { user_code: string }, person: { token: string }, resources: string[]) =>
        t.call('POST', '/oidc/device/approve', {
          token: person.token,
          body: { user_code: device.user_code, scopes: ['openid'], resources },
        })
      const poll = (device: { device_code: string }) =>
        token({ grant_type: DEVICE, device_code: device.device_code })

      const theirs = await begin(resource)
      const stranger = await t.signedIn()
      const shown = await t.call('POST', '/oidc/device/lookup', {
        token: stranger.token,
        body: { user_code: theirs.user_code },
      })
      expect(shown.body.data.device.resources).toEqual([resource])
      expect((await answer(theirs, stranger, [resource])).status).toBe(403)
      const recorded = await eventsOf(t, 'oidc.device_approve')
      expect(recorded.find(({ actorId }) => actorId === stranger.user.id)).toMatchObject({
        outcome: 'failure',
        reason: 'invalid_target',
        details: { scope: ['openid'], resources: [resource] },
      })
      expect((await answer(theirs, tenant.owner, [])).status).toBe(409)
      expect((await answer(theirs, tenant.owner, [resource])).status).toBe(200)
      expect(decodeJwt((await poll(theirs)).json.access_token).aud).toContain(resource)

      const free = aResource()
      const device = await begin(free)
      expect((await answer(device, stranger, [free])).status).toBe(200)
      await holding(free)
      expect((await poll(device)).json.error).toBe('invalid_target')
    })
  })

  describe('are agreed to', () => {
    const arrange = async (settings: object = {}) => {
      const resources = [aResource(), aResource()] as const
      const tenant = await foundTenant(t)
      const client = await clientCalls(t, tenant).make({
        access: { members_only: false },
        audiences: resources,
        ...settings,
      })
      const user = await withPassword(t, { email: `person-${++count}@example.com` })
      const browser = new Browser(() => t)
      const ask = (resource: string | undefined, more: Record<string, string> = {}) =>
        browser.get(authorizePath(client, { resource, ...more }))
      const signIn = async (resource: string | undefined) => {
        const id = interactionOf(await ask(resource))
        return { id, page: await browser.step(id, 'login', { email: user.email, password: PASSWORD }) }
      }
      return { tenant, client, user, browser, resources, ask, signIn }
    }

    // A code came silently for any resource, once the person had agreed to the scopes for another, or for none.
    test('as they are shown, and a further one again', async () => {
      const { client, user, browser, resources, ask, signIn } = await arrange()
      const [one, two] = resources
      const { id, page } = await signIn(one)
      expect(page.json.data.interaction).toMatchObject({ step: 'consent', resources: [one] })
      const scopes = ['openid', 'email']
      for (const shown of [{}, { resources: [two] }, { resources: [one, two] }]) {
        expect((await browser.step(id, 'consent', { scopes, ...shown })).status).toBe(409)
      }
      expect((await browser.step(id, 'consent', { scopes, resources: [one] })).status).toBe(200)

      expect(answerOf(await ask(one, { prompt: 'none' })).code).toBeString()
      expect(answerOf(await ask(undefined, { prompt: 'none' })).code).toBeString()
      expect(answerOf(await ask(two, { prompt: 'none' })).error).toBe('consent_required')
      const further = interactionOf(await ask(two))
      expect((await agree({ browser }, further)).json.data.next).toBe('redirect')
      expect(answerOf(await ask(two, { prompt: 'none' })).code).toBeString()
      expect(answerOf(await ask(one, { prompt: 'none' })).code).toBeString()
      const [grant] = await t.read(({ reader }) =>
        reader.select().from(reader.t.grant).where(eq(reader.t.grant.userId, user.id)),
      )
      expect([grant?.clientId, grant?.resources]).toEqual([client.id, [one, two]])
    })

    test('by nobody for the organization’s own, where it spares its members the question', async () => {
      const { tenant, user, resources, signIn } = await arrange({ consent: 'first_party' })
      await t.write((ctx) => addMember(ctx, { organizationId: tenant.id, user, role: 'member' }))
      const { page } = await signIn(resources[0])
      expect(page.json.data.next).toBe('redirect')
    })

    test('by its members, too, where it is nobody’s', async () => {
      const tenant = await foundTenant(t)
      const client = await register(t, tenant, {})
      await clientCalls(t, tenant).call('PATCH', `/${client.id}`, { consent: 'first_party' })
      const user = await withPassword(t, { email: `member-${++count}@example.com` })
      await t.write((ctx) => addMember(ctx, { organizationId: tenant.id, user, role: 'member' }))
      const browser = new Browser(() => t)
      const resource = aResource()
      const asked = { redirect_uri: REDIRECT_URI, scope: 'openid', resource }
      const id = interactionOf(await browser.get(authorizePath(client, asked)))
      const page = await browser.step(id, 'login', { email: user.email, password: PASSWORD })
      expect(page.json.data.interaction).toMatchObject({ step: 'consent', resources: [resource] })
    })

    test('but for this server itself, which the scopes tell of', async () => {
      const { signIn } = await arrange()
      const { page } = await signIn(t.deps.config.oidc.issuer)
      expect(page.json.data.interaction).toMatchObject({ step: 'consent', resources: [] })
    })
  })
})

interface Registered {
  readonly id: string
  readonly basic: Record<string, string>
}

/** A client that registered itself with an initial access token of the tenant. */
async function register(t: TestServer, tenant: Tenant, metadata: object): Promise<Registered> {
  const told = await registerByToken(t, tenant, { redirect_uris: [REDIRECT_URI], ...metadata })
  const id = told.client_id ?? ''
  return { id, basic: { authorization: `Basic ${btoa(`${id}:${told.client_secret}`)}` } }
}

/** Another client of the same organization. */
async function sibling(t: TestServer, { organization }: Application, body: object) {
  const { client, secret } = await t.write((ctx) =>
    createClient(ctx, { organizationId: organization.id, body: { client_name: 'Sibling', ...body } }),
  )
  const credentials = { client_id: client.id, client_secret: secret ?? '' }
  return {
    id: client.id,
    introspect: (token: string) => post(t, '/oidc/introspect', { ...credentials, token }),
  }
}
