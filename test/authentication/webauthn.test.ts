import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addMember } from '../../src/organizations/index.ts'
import { createApiKey } from '../../src/sessions/index.ts'
import {
  ask,
  attestationRootPem,
  ORIGIN,
  registrationOf,
  vector as vectorOf,
} from '../credentials/webauthn/vectors.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { setPolicy } from '../policies/compliance.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { testDialects } from '../support/databases.ts'
import { mailsOf } from '../support/mails.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'
import { cookiesOf, eventsOf } from './people.ts'

const WEBAUTHN = '/auth/webauthn'
const NIL = '00000000-0000-0000-0000-000000000000'

const begin = (t: TestServer, token?: string) => t.call('POST', `${WEBAUTHN}/register/begin`, { token })
const complete = (t: TestServer, token: string | undefined, body: unknown) =>
  t.call('POST', `${WEBAUTHN}/register/complete`, { token, body })
const list = async (t: TestServer, token: string) =>
  (await t.call('GET', `${WEBAUTHN}/credentials`, { token })).body.data.credentials
const remove = (t: TestServer, token: string | undefined, id: string) =>
  t.call('DELETE', `${WEBAUTHN}/credentials/${id}`, { token })
const rename = (t: TestServer, token: string | undefined, id: string, name: unknown) =>
  t.call('PATCH', `${WEBAUTHN}/credentials/${id}`, { token, body: { name } })
const status = async (t: TestServer, token: string) =>
  (await t.call('GET', `${WEBAUTHN}/status`, { token })).body.data

const refusal = ({ status, body }: Answer) => [status, body.error?.type]

interface Registering {
  readonly authenticator?: SoftwareAuthenticator
  readonly name?: string
}

/** Registers what a new authenticator makes, and goes on with the token that this gives. */
async function registered(
  t: TestServer,
  token: string,
  { authenticator = new SoftwareAuthenticator(), ...input }: Registering = {},
) {
  const options = (await begin(t, token)).body.data
  const response = authenticator.register(options)
  const answer = await complete(t, token, { ...input, credential: response })
  expect(answer.status).toBe(201)
  return { answer, response, token: answer.body.data.token as string, ...answer.body.data }
}

describe.each(testDialects)('own passkeys and security keys on $name', (dialect) => {
  test('are registered, shown, renamed and removed', async () => {
    await using t = await testServer({ dialect })
    const {
      user,
      token: before,
      sessionId,
    } = await t.signedIn({ email: 'alice@example.com', fullName: 'Alice' })
    expect(await status(t, before)).toEqual({
      enabled: false,
      credentials: 0,
      max_credentials: 20,
      backup_codes_left: 0,
    })

    const options = (await begin(t, before)).body.data
    expect(options).toMatchObject({
      rp: { id: 'localhost', name: 'Authy2' },
      user: {
        id: Buffer.from(user.id.replaceAll('-', ''), 'hex').toString('base64url'),
        name: 'alice@example.com',
        displayName: 'Alice',
      },
      pubKeyCredParams: [
        { type: 'public-key', alg: -8 },
        { type: 'public-key', alg: -7 },
        { type: 'public-key', alg: -257 },
      ],
      timeout: 300_000,
      excludeCredentials: [],
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      attestation: 'none',
    })
    const authenticator = new SoftwareAuthenticator({ aaguid: 'ee882879-721c-4913-9775-3dfcce97072a' })
    const answer = await complete(t, before, { credential: authenticator.register(options) })
    expect(answer.status).toBe(201)
    const { credential, backup_codes, token } = answer.body.data
    expect(credential).toEqual({
      id: credential.id,
      name: 'YubiKey 5',
      aaguid: 'ee882879-721c-4913-9775-3dfcce97072a',
      authenticator: 'YubiKey 5',
      transports: ['internal'],
      is_attested: false,
      is_multi_device: false,
      is_backed_up: false,
      is_discoverable: null,
      created_at: t.clock.now().toISOString(),
      last_used_at: null,
    })
    expect(backup_codes).toHaveLength(10)
    expect(await status(t, token)).toEqual({
      enabled: true,
      credentials: 1,
      max_credentials: 20,
      backup_codes_left: 10,
    })

    // The session went on under another token, as one that was begun with the key.
    expect(cookiesOf(answer).get('authy2_session')?.value).toBe(token)
    expect((await t.call('GET', '/auth/me', { token: before })).status).toBe(401)
    const { session } = (await t.call('GET', '/auth/me', { token })).body.data
    expect(session).toMatchObject({
      id: sessionId,
      amr: ['pwd', 'hwk', 'user', 'mfa'],
      acr: 'urn:authy2:acr:phr',
    })

    expect((await rename(t, token, credential.id, ' Blue key ')).body.data.credential.name).toBe('Blue key')
    expect((await list(t, token)).map(({ name }: { name: string }) => name)).toEqual(['Blue key'])
    expect((await remove(t, token, credential.id)).status).toBe(200)
    expect(await list(t, token)).toEqual([])
    expect(await status(t, token)).toMatchObject({ enabled: false, backup_codes_left: 0 })

    for (const action of ['webauthn.register', 'webauthn.update', 'webauthn.delete']) {
      expect(await eventsOf(t, action)).toMatchObject([{ targetId: credential.id, actorId: user.id }])
    }
    expect((await mailsOf(t, 'mfa_changed')).map(({ change, codesLeft }) => [change, codesLeft])).toEqual([
      ['webauthn_registered', 10],
      ['webauthn_removed', 0],
    ])
  })

  test('twenty there may be, each named as was wished, and no more', async () => {
    await using t = await testServer({ dialect })
    let { token } = await t.signedIn()
    const synced = new SoftwareAuthenticator({ isMultiDevice: true })
    for (let number = 1; number <= 20; number++) {
      const authenticator = number === 20 ? synced : new SoftwareAuthenticator()
      const done = await registered(t, token, { authenticator, name: `Key ${number}` })
      expect('backup_codes' in done.answer.body.data).toBe(number === 1)
      token = done.token
    }
    expect(await list(t, token)).toHaveLength(20)
    expect((await t.call('GET', '/auth/me', { token })).body.data.session.amr).toContain('swk')
    expect(refusal(await begin(t, token))).toEqual([409, 'CONFLICT'])
  })

  test('of two that are the twentieth at the same moment one is', async () => {
    await using t = await testServer({ dialect })
    let { token } = await t.signedIn()
    for (let number = 1; number < 20; number++) token = (await registered(t, token)).token
    const credentials = []
    for (let each = 0; each < 2; each++) {
      credentials.push(new SoftwareAuthenticator().register((await begin(t, token)).body.data))
    }
    const answers = await Promise.all(credentials.map((credential) => complete(t, token, { credential })))
    expect(answers.map((answer) => answer.status).filter((code) => code === 201)).toHaveLength(1)
    const rows = await t.read(({ reader }) => reader.select().from(reader.t.webauthnCredential))
    expect(rows).toHaveLength(20)
  })

  test('what was answered once is not taken again: of twenty at once one is', async () => {
    await using t = await testServer({ dialect })
    const { token } = await t.signedIn()
    const credential = new SoftwareAuthenticator().register((await begin(t, token)).body.data)
    const answers = await Promise.all(Array.from({ length: 20 }, () => complete(t, token, { credential })))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    const rows = await t.read(({ reader }) => reader.select().from(reader.t.webauthnCredential))
    expect(rows).toHaveLength(1)
  })

  test("somebody else's credential is neither registered, renamed nor removed", async () => {
    await using t = await testServer({ dialect })
    const alice = await t.signedIn()
    const { credential, response } = await registered(t, alice.token)
    const mallory = await t.signedIn()
    for (const id of [credential.id, NIL, 'x']) {
      expect(refusal(await rename(t, mallory.token, id, 'Mine'))).toEqual([404, 'NOT_FOUND'])
      expect(refusal(await remove(t, mallory.token, id))).toEqual([404, 'NOT_FOUND'])
    }

    // The same credential id, in answer to a challenge of Mallory's own: without a statement nothing signs for it.
    const own = new SoftwareAuthenticator().register((await begin(t, mallory.token)).body.data)
    const { attestationObject } = response.response
    const copied = { ...response, response: { ...own.response, attestationObject } }
    expect(refusal(await complete(t, mallory.token, { credential: copied }))).toEqual([409, 'CONFLICT'])
    expect(await eventsOf(t, 'webauthn.register_failed')).toMatchObject([
      { actorId: mallory.user.id, reason: 'taken_or_too_many' },
    ])

    // Alice's challenge, answered in Mallory's name.
    const hers = new SoftwareAuthenticator().register((await begin(t, (await t.signedIn()).token)).body.data)
    expect(refusal(await complete(t, mallory.token, { credential: hers }))).toEqual([400, 'BAD_REQUEST'])
    expect(await status(t, mallory.token)).toMatchObject({ enabled: false, backup_codes_left: 0 })
  })

  test('a key is made, or taken away, by whoever has proved presence lately', async () => {
    await using t = await testServer({ dialect })
    const { token: first } = await t.signedIn()
    const { token, credential } = await registered(t, first)
    const options = (await begin(t, token)).body.data
    t.clock.advance(601)
    expect(refusal(await begin(t, token))).toEqual([403, 'STEP_UP_REQUIRED'])
    const late = new SoftwareAuthenticator().register(options)
    expect(refusal(await complete(t, token, { credential: late }))).toEqual([403, 'STEP_UP_REQUIRED'])
    expect(refusal(await remove(t, token, credential.id))).toEqual([403, 'STEP_UP_REQUIRED'])
    expect(await list(t, token)).toHaveLength(1)
  })

  test('the last key that a policy needs stays, also when both are removed at once', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const member = await tenant.join('member')
    const one = await registered(t, member.token)
    const two = await registered(t, one.token)
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_webauthn' })
    const answers = await Promise.all([one, two].map(({ credential }) => remove(t, two.token, credential.id)))
    expect(answers.map(refusal).sort()).toEqual([
      [200, undefined],
      [409, 'CONFLICT'],
    ])
    const [left] = await list(t, two.token)
    const refused = await remove(t, two.token, left.id)
    expect(refusal(refused)).toEqual([409, 'CONFLICT'])
    expect(refused.body.error.details.organizations).toMatchObject([{ id: tenant.id }])
    expect(await status(t, two.token)).toMatchObject({ credentials: 1, backup_codes_left: 10 })
  })

  test('who is past a deadline registers, and goes on with the same session', async () => {
    await using t = await testServer({ dialect })
    const tenant = await foundTenant(t)
    const member = await tenant.join('member')
    await setPolicy(t, tenant, { mfa_policy_mode: 'require_webauthn', mfa_grace_period_days: 0 })
    const { token: before } = member
    const refused = await t.call('GET', `${WEBAUTHN}/credentials`, { token: before })
    expect(refusal(refused)).toEqual([403, 'COMPLIANCE_REQUIRED'])
    expect(await status(t, before)).toMatchObject({ enabled: false })
    const { token } = await registered(t, before)
    expect(await list(t, token)).toHaveLength(1)
    const { session } = (await t.call('GET', '/auth/me', { token })).body.data
    expect(session).toMatchObject({ id: member.sessionId, is_compliance_only: false })
  })
})

describe('models that an organization allows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'authy2-roots-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const rootsFile = join(folder, 'roots.pem')
  writeFileSync(rootsFile, attestationRootPem())
  const env = { PUBLIC_URL: ORIGIN, WEBAUTHN_ATTESTATION_ROOTS_FILE: rootsFile }
  const vector = vectorOf('packed.ES256')
  const AAGUID = '876ca4f5-2071-c3e9-b255-09ef2cdf7ed6'
  const OTHER = 'ee882879-721c-4913-9775-3dfcce97072a'

  async function memberOf(t: TestServer, lists: readonly (readonly string[])[]) {
    const [tenant, ...others] = await Promise.all(lists.map((_, index) => foundTenant(t, `Tenant ${index}`)))
    if (!tenant) throw new Error('No organization')
    const member = await tenant.join('member')
    for (const other of others) {
      await t.write((ctx) => addMember(ctx, { organizationId: other.id, user: member.user, role: 'member' }))
    }
    for (const [index, each] of [tenant, ...others].entries()) {
      await setPolicy(t, each, { webauthn_allowed_aaguids: lists[index] })
    }
    return member
  }

  test.each([
    ['the one of the only list', [[AAGUID]], [201, undefined]],
    ['one that is on every list', [[AAGUID], [OTHER, AAGUID]], [201, undefined]],
    ['another one', [[OTHER]], [403, 'AUTHORIZATION_ERROR']],
    ['one that is on one list of two', [[AAGUID], [OTHER]], [403, 'AUTHORIZATION_ERROR']],
  ])('%s', async (_, lists, expected) => {
    await using t = await testServer({ env })
    const { user, token } = await memberOf(t, lists)
    expect((await begin(t, token)).body.data.attestation).toBe('direct')
    await ask(t, vector.registration.challenge, { purpose: 'registration', boundTo: user.id })
    const answer = await complete(t, token, { credential: registrationOf(vector) })
    expect(refusal(answer)).toEqual(expected as unknown[])
    if (answer.status === 201) expect(answer.body.data.credential.is_attested).toBe(true)
    else expect(answer.body.error.details).toEqual({ aaguid: AAGUID, is_attested: true })
  })

  test('where none is listed, nothing that an authenticator says of itself keeps anybody from enrolling', async () => {
    await using t = await testServer({ env })
    for (const name of ['packed.ES256', 'tpm.ES256', 'android-key.ES256', 'fido-u2f.ES256']) {
      const { user, token } = await t.signedIn()
      expect((await begin(t, token)).body.data.attestation).toBe('none')
      const given = vectorOf(name)
      await ask(t, given.registration.challenge, { purpose: 'registration', boundTo: user.id })
      const answer = await complete(t, token, { credential: registrationOf(given) })
      expect(answer.status).toBe(201)
      expect(answer.body.data.credential.is_attested).toBe(false)
    }
  })

  test('a statement that cannot be judged vouches for none: not for its form, not for its maker', async () => {
    await using t = await testServer({ env })
    for (const [name, expected] of [
      ['android-key.ES256', [403, 'AUTHORIZATION_ERROR']],
      ['tpm.ES256', [400, 'BAD_REQUEST']],
    ] as const) {
      const given = vectorOf(name)
      const { user, token } = await memberOf(t, [[OTHER]])
      await ask(t, given.registration.challenge, { purpose: 'registration', boundTo: user.id })
      expect(refusal(await complete(t, token, { credential: registrationOf(given) }))).toEqual([...expected])
    }
  })

  test('a model that nobody vouches for is none, whatever it says of itself', async () => {
    await using t = await testServer({ env })
    const { user, token } = await memberOf(t, [[OTHER]])
    const options = (await begin(t, token)).body.data
    const authenticator = new SoftwareAuthenticator({
      aaguid: OTHER,
      origin: ORIGIN,
      rpId: new URL(ORIGIN).hostname,
    })
    const answer = await complete(t, token, { credential: authenticator.register(options) })
    expect(refusal(answer)).toEqual([403, 'AUTHORIZATION_ERROR'])
    expect(answer.body.error.details).toEqual({ aaguid: OTHER, is_attested: false })
    expect(await eventsOf(t, 'webauthn.register_failed')).toMatchObject([
      { actorId: user.id, reason: 'model_not_allowed' },
    ])
    expect(await status(t, token)).toMatchObject({ enabled: false, backup_codes_left: 0 })
  })
})

describe('who may not, and what is no credential', () => {
  test('a stranger and an API key register nothing', async () => {
    await using t = await testServer()
    const { user } = await t.signedIn()
    const { key } = await t.write((ctx) =>
      createApiKey(
        ctx,
        { user, memberships: [] },
        { name: 'Key', scopes: ['profile:read', 'profile:write'] },
      ),
    )
    for (const [token, expected] of [
      [undefined, [401, 'AUTHENTICATION_ERROR']],
      [key, [403, 'AUTHORIZATION_ERROR']],
    ] as const) {
      expect(refusal(await begin(t, token))).toEqual([...expected])
      expect(refusal(await complete(t, token, {}))).toEqual([...expected])
      expect(refusal(await rename(t, token, NIL, 'x'))).toEqual([...expected])
      expect(refusal(await remove(t, token, NIL))).toEqual([...expected])
    }
    expect((await t.call('GET', `${WEBAUTHN}/credentials`, { token: key })).status).toBe(200)
  })

  test('results of extensions that nobody asked for are not looked at (Level 3 §16.17, prf)', async () => {
    await using t = await testServer()
    const { token } = await t.signedIn()
    const made = new SoftwareAuthenticator({}).register((await begin(t, token)).body.data)
    const clientExtensionResults = {
      credProps: { rk: true },
      prf: { enabled: true, results: { first: 'AQ' } },
    }
    const answer = await complete(t, token, { credential: { ...made, clientExtensionResults } })
    expect(answer.status).toBe(201)
    expect(answer.body.data.credential.is_discoverable).toBe(true)
    expect(JSON.stringify(answer.body)).not.toContain('prf')
  })

  test('what does not verify is refused, recorded once, and changes nothing', async () => {
    await using t = await testServer()
    const { user, token } = await t.signedIn()
    const register = async (behaviour: object) =>
      new SoftwareAuthenticator(behaviour).register((await begin(t, token)).body.data)
    const good = await register({})
    const replaced = (field: 'attestationObject' | 'clientDataJSON', text: string) => ({
      ...good,
      response: { ...good.response, [field]: text },
    })
    const wrong = [
      await register({ origin: 'http://localhost:5001' }),
      await register({ rpId: 'evil.example' }),
      replaced('attestationObject', 'AAAA'),
      replaced('clientDataJSON', 'e30'),
      { ...(await register({})), rawId: 'AAAA' },
    ]
    for (const credential of wrong) {
      expect(refusal(await complete(t, token, { credential }))).toEqual([400, 'BAD_REQUEST'])
    }
    const events = await eventsOf(t, 'webauthn.register_failed')
    expect(events).toHaveLength(wrong.length)
    for (const event of events) expect(event).toMatchObject({ actorId: user.id, outcome: 'failure' })
    expect(await status(t, token)).toMatchObject({ enabled: false, backup_codes_left: 0 })
    expect((await t.call('GET', '/auth/me', { token })).status).toBe(200)
  })

  test('a challenge ends after five minutes', async () => {
    await using t = await testServer()
    const { token } = await t.signedIn()
    const credential = new SoftwareAuthenticator().register((await begin(t, token)).body.data)
    t.clock.advance(300)
    expect(refusal(await complete(t, token, { credential }))).toEqual([400, 'BAD_REQUEST'])
  })

  test('what is no such JSON, or too large, is refused before anything looks at it', async () => {
    await using t = await testServer()
    const { token } = await t.signedIn()
    const credential = new SoftwareAuthenticator().register((await begin(t, token)).body.data)
    const { response } = credential
    const bad: unknown[] = [
      {},
      { credential: null },
      { credential: { ...credential, type: 'password' } },
      { credential: { ...credential, id: '+/==' } },
      { credential: { ...credential, id: 'A'.repeat(1365) } },
      { credential: { ...credential, response: { ...response, attestationObject: 'A'.repeat(65_537) } } },
      { credential: { ...credential, response: { ...response, clientDataJSON: 'A'.repeat(8193) } } },
      { credential: { ...credential, response: { ...response, transports: Array(17).fill('usb') } } },
      { credential: { ...credential, response: { ...response, transports: ['<script>'] } } },
      { credential, name: '' },
      { credential, name: 'x'.repeat(101) },
      { credential, name: 'a\u0000b' },
    ]
    for (const body of bad) expect(refusal(await complete(t, token, body))).toEqual([400, 'VALIDATION_ERROR'])
    const huge = { credential, padding: 'A'.repeat(1_048_576) }
    expect(refusal(await complete(t, token, huge))).toEqual([413, 'PAYLOAD_TOO_LARGE'])
    expect((await complete(t, token, { credential })).status).toBe(201)
  })
})

describe('related origins', () => {
  const ask = async (env: Record<string, string>) => {
    await using t = await testServer({ env })
    const response = await t.app.handle(new Request('http://localhost/.well-known/webauthn'))
    return { status: response.status, body: await response.json() }
  }

  test('are told where there are any', async () => {
    const env = {
      PUBLIC_URL: 'https://id.example.com',
      WEBAUTHN_RP_ID: 'example.com',
      WEBAUTHN_ORIGINS: 'https://example.net,https://app.example.com',
    }
    expect(await ask(env)).toEqual({
      status: 200,
      body: { origins: ['https://id.example.com', 'https://example.net', 'https://app.example.com'] },
    })
  })

  test('are not there where every origin is of the RP id itself', async () => {
    expect(await ask({})).toMatchObject({ status: 404, body: { error: { type: 'NOT_FOUND' } } })
    const env = {
      PUBLIC_URL: 'https://id.example.com',
      WEBAUTHN_RP_ID: 'example.com',
      WEBAUTHN_ORIGINS: 'https://app.example.com',
    }
    expect((await ask(env)).status).toBe(404)
  })
})
