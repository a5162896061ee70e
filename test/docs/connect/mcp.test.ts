import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as oidc from 'openid-client'
import { emptyFolder } from '../../support/authy2.ts'
import { freePort } from '../../support/programs.ts'
import { TEST_TLS_CERTIFICATE, TEST_TLS_KEY } from '../../support/tls.ts'
import { followGuide, type Guide } from './guide.ts'
import { type RunningExample, runExample } from './program.ts'

const TIMEOUT_MS = 120_000
const port = freePort()
const resource = `http://localhost:${port}/mcp`

/** Where a client describes itself. */
const site: Bun.Server<undefined> = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  tls: { key: TEST_TLS_KEY, cert: TEST_TLS_CERTIFICATE },
  fetch: (): Response => Response.json(description),
})
const description = {
  client_id: `https://127.0.0.1:${site.port}/client.json`,
  client_name: 'Acme Assistant',
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
}

const place = emptyFolder()
let guide: Guide
let server: RunningExample
beforeAll(async () => {
  const certificate = join(place.folder, 'certificate.pem')
  await writeFile(certificate, TEST_TLS_CERTIFICATE)
  guide = await followGuide('docs/connect/mcp.md', {
    env: {
      OIDC_CLIENT_METADATA_DOCUMENTS: 'true',
      OIDC_DYNAMIC_REGISTRATION: 'open',
      OUTBOUND_ALLOW: '127.0.0.1',
      NODE_EXTRA_CA_CERTS: certificate,
    },
    replacing: { 3100: port },
  })
  server = runExample(guide, 'mcp-server.ts')
  await server.says(/^MCP at /)
}, TIMEOUT_MS)
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await guide?.[Symbol.asyncDispose]()
  await site.stop(true)
  await place[Symbol.asyncDispose]()
})

/** Runs the client while Bob answers for it; what he is sent to, and what the tool says. */
async function ask(env: Record<string, string> = {}) {
  await using client = runExample(guide, 'mcp-client.ts', { env })
  const [, address = ''] = await client.says(/^Open (\S+)$/m)
  const { searchParams } = new URL(address)
  const answer = await guide.bob(new URL(searchParams.get('redirect_uri') ?? '').origin).signIn(address)
  expect(answer.text).toBe('Back to the terminal.')
  expect(await client.exited, client.output()).toBe(0)
  const [, text] = /^(\{.*\})$/m.exec(client.output()) ?? []
  return { asked: Object.fromEntries(searchParams), said: JSON.parse(text ?? '') }
}

const WHO = { content: [{ type: 'text', text: expect.stringMatching(/^You are [0-9a-f-]{36}$/) }] }

describe('the client of the guide reaches the MCP server of the guide', () => {
  test(
    'having registered itself',
    async () => {
      const { asked, said } = await ask()
      expect(asked).toMatchObject({ resource, scope: 'openid offline_access', code_challenge_method: 'S256' })
      expect(said).toEqual(WHO)
    },
    TIMEOUT_MS,
  )

  test(
    'by the address of its description alone',
    async () => {
      const { asked, said } = await ask({ CLIENT_METADATA_URL: description.client_id })
      expect(asked).toMatchObject({ resource, client_id: description.client_id })
      expect(said).toEqual(WHO)
    },
    TIMEOUT_MS,
  )
})

describe('the MCP server of the guide refuses', () => {
  const call = (token?: string) =>
    fetch(resource, {
      method: 'POST',
      headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    })
  const metadata = `resource_metadata="http://localhost:${port}/.well-known/oauth-protected-resource/mcp"`

  test('whoever brings no token, and says where to get one', async () => {
    const { status, headers } = await call()
    expect([status, headers.get('www-authenticate')]).toEqual([401, `Bearer ${metadata}`])
  })

  test('a token of the same issuer that is for somebody else', async () => {
    const config = await oidc.discovery(
      new URL(guide.issuer),
      'data-analytics-001',
      'data_secret_analytics_2024',
      undefined,
      { execute: [oidc.allowInsecureRequests] },
    )
    const { access_token } = await oidc.clientCredentialsGrant(config, {})
    const { status, headers } = await call(access_token)
    expect([status, headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer error="invalid_token", ${metadata}`,
    ])
  })
})
