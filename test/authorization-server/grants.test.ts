import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { answerOf, authorizePath, interactionOf, VERIFIER } from './browser.ts'
import { type Setting, setUp, signInToClient } from './setting.ts'

const SESSION = 'authy2_session'
const PATH = '/users/me/grants'

describe.each(testDialects)('grants on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const tokenOf = ({ browser }: Setting) => browser.cookies.get(SESSION) ?? ''
  const list = async (token: string) => (await t.call('GET', PATH, { token })).body.data.grants

  test('are the applications that a person has agreed to, with what to', async () => {
    const setting = await setUp(t)
    await signInToClient(setting)
    expect(await list(tokenOf(setting))).toEqual([
      {
        id: expect.any(String),
        client: expect.objectContaining({ client_id: setting.client.id, name: 'Wiki' }),
        scopes: ['openid', 'email'],
        resources: [],
        created_at: '2030-01-01T00:00:00.000Z',
        updated_at: '2030-01-01T00:00:00.000Z',
      },
    ])
    expect(await list((await t.signedIn()).token)).toEqual([])
  })

  test('grow by what is agreed to later', async () => {
    const setting = await setUp(t)
    await signInToClient(setting, { scope: 'openid' })
    const id = interactionOf(
      await setting.browser.get(authorizePath(setting.client, { scope: 'openid profile' })),
    )
    await setting.browser.step(id, 'consent', { scopes: ['openid', 'profile'] })
    const [grant] = await list(tokenOf(setting))
    expect(grant.scopes).toEqual(['openid', 'profile'])
  })

  test('end with every code and token that came of them, once, and are asked for again', async () => {
    const setting = await setUp(t)
    const { searchParams } = await signInToClient(setting)
    const unused = await setting.browser.get(authorizePath(setting.client))
    const authorization = `Basic ${btoa(`${setting.client.id}:${setting.client.secret}`)}`
    const redeem = (code = '') =>
      setting.browser.form(
        '/oidc/token',
        {
          grant_type: 'authorization_code',
          code,
          redirect_uri: 'https://wiki.example.com/callback',
          code_verifier: VERIFIER,
        },
        { authorization },
      )
    const { json } = await redeem(searchParams.get('code') ?? '')
    const userinfo = () =>
      setting.browser.get('/oidc/userinfo', { authorization: `Bearer ${json.access_token}` })
    expect((await userinfo()).status).toBe(200)

    const token = tokenOf(setting)
    const [grant] = await list(token)
    expect((await t.call('DELETE', `${PATH}/${grant.id}`, { token })).status).toBe(200)
    expect((await userinfo()).status).toBe(401)
    expect((await redeem(answerOf(unused).code)).json.error).toBe('invalid_grant')
    const refreshed = await setting.browser.form(
      '/oidc/token',
      { grant_type: 'refresh_token', refresh_token: json.refresh_token },
      { authorization },
    )
    expect(refreshed.json.error).toBe('invalid_grant')
    expect((await t.call('DELETE', `${PATH}/${grant.id}`, { token })).status).toBe(404)
    expect(interactionOf(await setting.browser.get(authorizePath(setting.client)))).toBeString()
    expect((await eventsOf(t, 'oidc.grant.revoke')).slice(-1)).toMatchObject([
      {
        actorId: setting.user.id,
        targetId: setting.client.id,
        organizationId: setting.tenant.id,
      },
    ])
  })

  test('are their own person’s business', async () => {
    const setting = await setUp(t)
    await signInToClient(setting)
    const [grant] = await list(tokenOf(setting))
    const { token } = await t.signedIn()
    expect((await t.call('DELETE', `${PATH}/${grant.id}`, { token })).status).toBe(404)
    expect((await t.call('DELETE', `${PATH}/${grant.id}`)).status).toBe(401)
    expect((await t.call('GET', PATH)).status).toBe(401)
    expect((await t.call('DELETE', `${PATH}/nothing`, { token })).status).toBe(404)
    expect(await list(tokenOf(setting))).toHaveLength(1)
  })

  test('come page by page', async () => {
    const setting = await setUp(t)
    await signInToClient(setting)
    const other = { ...(await setUp(t)), browser: setting.browser }
    const id = interactionOf(await other.browser.get(authorizePath(other.client)))
    await other.browser.step(id, 'consent', { scopes: ['openid', 'email'] })
    const token = tokenOf(setting)
    const first = await t.call('GET', `${PATH}?limit=1`, { token })
    const cursor = first.body.meta.page.next_cursor
    const second = await t.call('GET', `${PATH}?limit=1&cursor=${cursor}`, { token })
    const names = [first, second].map(({ body }) => body.data.grants[0].client.client_id)
    expect(names).toEqual([setting.client.id, other.client.id])
    expect(second.body.meta.page.next_cursor).toBeNull()
  })
})
