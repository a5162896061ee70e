import { afterAll, beforeAll, expect, test } from 'bun:test'
import { systemRandom } from '../../../src/kernel/index.ts'
import { followGuide, type Guide } from './guide.ts'
import { type Replayed, signInLike } from './replay.ts'

const TIMEOUT_MS = 120_000

let guide: Guide
let settings: Readonly<Record<string, string>>
let bob: Replayed
beforeAll(async () => {
  guide = await followGuide('docs/connect/grafana.md')
  const [, section = ''] = (await guide.read('grafana.ini')).split('[auth.generic_oauth]')
  settings = Object.fromEntries(
    section
      .split('\n')
      .filter((line) => line.includes(' = '))
      .map((line) => {
        const [name = '', ...value] = line.split(' = ')
        return [name, value.join(' = ')]
      }),
  )
  bob = await signInLike(guide, {
    authorize: settings.auth_url ?? '',
    token: settings.token_url ?? '',
    redirectUri: 'http://localhost:3000/login/generic_oauth',
    // 32 bytes in Base64 with its padding, and a verifier of the greatest length there is.
    parameters: {
      scope: settings.scopes ?? '',
      state: `${systemRandom.bytes(32).toBase64({ alphabet: 'base64url' })}`,
    },
    verifier: systemRandom.bytes(96).toBase64({ alphabet: 'base64url', omitPadding: true }),
    environment: await guide.read('grafana.env'),
    variables: ['CLIENT_ID', 'CLIENT_SECRET'],
  })
}, TIMEOUT_MS)
afterAll(() => guide?.[Symbol.asyncDispose]())

test('Grafana finds in the ID token and at userinfo what its attribute paths look for', async () => {
  const response = await fetch(settings.api_url ?? '', {
    headers: { authorization: `Bearer ${bob.tokens.access_token}` },
  })
  const userinfo = await response.json()
  for (const claims of [bob.idToken, userinfo]) {
    expect(claims).toMatchObject({
      sub: expect.any(String),
      name: 'Bob Builder',
      email: 'bob@acme-corp.com',
      roles: ['acme-corp:member'],
      groups: ['Engineering'],
    })
  }
  const looked = Object.entries(settings).filter(([name]) =>
    /^(name|login|email|groups)_attribute_path$/.test(name),
  )
  expect(looked.length).toBe(4)
  expect(looked.filter(([, path]) => !(path in bob.idToken))).toEqual([])
  const rolesInPath = [...(settings.role_attribute_path ?? '').matchAll(/contains\((\w+), '([^']+)'\)/g)]
  expect(rolesInPath.map(([, claim, value]) => [claim, value])).toEqual([
    ['roles', 'acme-corp:owner'],
    ['roles', 'acme-corp:admin'],
    ['groups', 'Engineering'],
  ])
})

test('Grafana renews its tokens', async () => {
  const response = await fetch(settings.token_url ?? '', {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${bob.id}:${bob.secret}`)}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: bob.tokens.refresh_token ?? '' }),
  })
  expect([response.status, await response.json()]).toMatchObject([200, { token_type: 'Bearer' }])
})

test('signing out of Grafana leads back, with the ID token that it appends', async () => {
  const url = new URL(settings.signout_redirect_url ?? '')
  url.searchParams.set('id_token_hint', bob.tokens.id_token ?? '')
  const page = await guide.bob().open(url)
  expect(page.url.href).toBe('http://localhost:3000/login')
})
