import { describe, expect, test } from 'bun:test'
import type { Outbound } from '../../src/outbound/index.ts'
import { TOKEN_TYPES } from '../../src/protocol/oauth/index.ts'
import { PASSWORD, withPassword } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { authorizePath, Browser, interactionOf, VERIFIER } from './browser.ts'
import { agree } from './setting.ts'

const ID = 'https://tool.example.com/client.json'
const DOCUMENT = {
  client_id: ID,
  client_name: 'Tool',
  redirect_uris: ['http://127.0.0.1/callback'],
  token_endpoint_auth_method: 'none',
}
const GRANT_TYPES = [
  'authorization_code',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]
const REDIRECT_URI = 'http://127.0.0.1:53682/callback'

const outbound: Outbound = {
  send: () => Promise.reject(new Error('Nothing is sent here')),
  fetchJson: async () => DOCUMENT,
}

describe.each(testDialects)('an application that only its document describes, on $name', (dialect) => {
  test('signs people in, who are always asked, and comes back at any port of their device (RFC 8252 §7.3)', async () => {
    await using t = await testServer({
      dialect,
      outbound,
      env: { OIDC_CLIENT_METADATA_DOCUMENTS: 'true' },
    })
    await withPassword(t)
    const browser = new Browser(() => t)
    const path = authorizePath({ id: ID }, { redirect_uri: REDIRECT_URI, scope: 'openid' })
    const id = interactionOf(await browser.get(path))
    const signedIn = await browser.step(id, 'login', { email: 'alice@example.com', password: PASSWORD })
    expect(signedIn.json.data.interaction).toMatchObject({
      step: 'consent',
      client: { client_id: ID, name: 'Tool', organization_id: null },
      redirect_host: '127.0.0.1:53682',
    })
    const { data } = (await agree({ browser }, id)).json
    const code = new URL(data.location).searchParams.get('code') ?? ''
    const tokens = await browser.form('/oidc/token', {
      grant_type: 'authorization_code',
      client_id: ID,
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: VERIFIER,
    })
    expect(tokens.json).toMatchObject({ token_type: 'Bearer', scope: 'openid' })
  })

  // It had no row yet that what is given out could refer to, and the answer was 500.
  test('may begin with a device, and gets nothing for itself', async () => {
    await using t = await testServer({
      dialect,
      outbound: { ...outbound, fetchJson: async () => ({ ...DOCUMENT, grant_types: GRANT_TYPES }) },
      env: { OIDC_CLIENT_METADATA_DOCUMENTS: 'true' },
    })
    const browser = new Browser(() => t)
    const begun = await browser.form('/oidc/device', { client_id: ID, scope: 'openid' })
    expect([begun.status, begun.json.user_code]).toEqual([200, expect.any(String)])
    for (const grant_type of GRANT_TYPES.slice(2)) {
      const own = { client_id: ID, grant_type, subject_token: 'x', subject_token_type: TOKEN_TYPES.session }
      const refused = await browser.form('/oidc/token', own)
      expect([refused.status, refused.json.error]).toEqual([400, 'unauthorized_client'])
    }
  })

  test('is not there unless it is switched on', async () => {
    await using t = await testServer({ dialect, outbound })
    const page = await new Browser(() => t).get(authorizePath({ id: ID }, { redirect_uri: REDIRECT_URI }))
    expect([page.status, page.location]).toEqual([400, undefined])
  })
})
