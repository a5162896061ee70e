import { describe, expect, test } from 'bun:test'
import { type Database, openDatabase } from '../../src/db/index.ts'
import { createDeps } from '../../src/deps.ts'
import { createSystemRandom, silentLog, systemRandom } from '../../src/kernel/index.ts'
import { memoryKv } from '../../src/kv/index.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { setPolicy } from '../policies/compliance.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { codeAt } from '../support/authenticator-app.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import {
  beginWebauthn,
  completeWebauthn,
  firstFactor,
  verifyCode,
  verifyWebauthn,
  withPasskey,
  withTotp,
} from './factors.ts'
import { withPassword } from './people.ts'

/** Another instance on the same database, with nothing of the first one's memory; as the same one has after a restart. */
async function anotherInstance(t: TestServer) {
  await using opening = new AsyncDisposableStack()
  const location = t.url.startsWith('sqlite:')
    ? ({ kind: 'sqlite', path: t.url.slice('sqlite:'.length) } as const)
    : ({ kind: 'postgres', url: t.url, poolSize: 4 } as const)
  const database: Database = openDatabase(location, systemRandom)
  opening.defer(() => database.close())
  const { config, clock, hasher } = t.deps
  const deps = createDeps({
    config,
    database,
    kv: memoryKv({ clock, maxEntries: 100 }),
    clock,
    random: createSystemRandom(),
    log: silentLog,
    hasher,
  })
  const server = opening.use(await testServer({ deps }))
  const opened = opening.move()
  return { ...server, clock: t.clock, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

describe.each(testDialects)('a sign-in whose steps reach different instances on $name', (dialect) => {
  test('goes on with a code, and with a passkey whose challenge came from a third one', async () => {
    await using one = await testServer({ dialect })
    await using two = await anotherInstance(one)
    await using three = await anotherInstance(one)
    const user = await withPassword(one)
    const app = await withTotp(one, user)
    const key = await withPasskey(one, user)

    const byCode = await verifyCode(two, await firstFactor(one), app.code())
    expect(byCode.status).toBe(200)
    const { token } = byCode.body.data
    for (const t of [one, two, three]) {
      expect((await t.call('GET', '/auth/me', { token })).status).toBe(200)
    }

    const mfa_token = await firstFactor(one)
    const { data: options } = (await beginWebauthn(two, { mfa_token })).body
    expect((await completeWebauthn(three, { mfa_token, credential: key.sign(options) })).status).toBe(200)
    const { data: passkeyOptions } = (await beginWebauthn(three)).body
    const byPasskey = await completeWebauthn(one, { credential: key.sign(passkeyOptions) })
    expect(byPasskey.status).toBe(200)
  })

  test('enrols an app, spends and renews backup codes, each step elsewhere', async () => {
    await using one = await testServer({ dialect })
    await using two = await anotherInstance(one)
    await using three = await anotherInstance(one)
    const { token } = await one.signedIn({ email: 'ada@example.com' })
    const { secret } = (await one.call('POST', '/auth/totp/enroll', { token })).body.data
    const finishing = { token, body: { code: codeAt(secret, one.clock.now()) } }
    const enabled = (await two.call('POST', '/auth/totp/verify-enrollment', finishing)).body.data
    expect((await three.call('GET', '/auth/totp/status', { token })).status).toBe(401)
    const spend = (t: TestServer, token: string, code: string) =>
      t.call('POST', '/auth/step-up', { token, body: { method: 'backup_code', code } })
    const [first, second] = enabled.backup_codes
    const { token: stepped } = (await spend(three, enabled.token, first)).body.data
    expect((await spend(one, stepped, first)).status).toBe(401)
    const renewed = await two.call('POST', '/auth/totp/backup-codes/regenerate', { token: stepped })
    expect((await spend(three, stepped, second)).status).toBe(401)
    expect((await spend(one, stepped, renewed.body.data.backup_codes[0])).status).toBe(200)
  })

  test('registers a passkey that was begun elsewhere', async () => {
    await using one = await testServer({ dialect })
    await using two = await anotherInstance(one)
    const { token } = await one.signedIn()
    const { data: options } = (await one.call('POST', '/auth/webauthn/register/begin', { token })).body
    const credential = new SoftwareAuthenticator().register(options)
    const body = { credential }
    const registered = await two.call('POST', '/auth/webauthn/register/complete', { token, body })
    expect(registered.status).toBe(201)
    const repeated = { token: registered.body.data.token, body }
    expect((await one.call('POST', '/auth/webauthn/register/complete', repeated)).status).toBe(400)
  })

  test('is held to a policy everywhere at once, and free of it everywhere after enrolling', async () => {
    await using one = await testServer({ dialect })
    await using two = await anotherInstance(one)
    await using three = await anotherInstance(one)
    const tenant = await foundTenant(one)
    const { token } = await tenant.join('member')
    const members = (t: TestServer, token: string) =>
      t.call('GET', `/organizations/${tenant.id}/members`, { token })
    expect((await members(two, token)).status).toBe(200)
    await setPolicy(one, tenant, { mfa_policy_mode: 'require_totp', mfa_grace_period_days: 0 })
    for (const t of [two, three, one]) expect((await members(t, token)).status).toBe(403)
    const { secret } = (await two.call('POST', '/auth/totp/enroll', { token })).body.data
    const finishing = { token, body: { code: codeAt(secret, one.clock.now()) } }
    const enabled = (await three.call('POST', '/auth/totp/verify-enrollment', finishing)).body.data
    for (const t of [one, two, three]) expect((await members(t, enabled.token)).status).toBe(200)
  })

  test('steps up on another one than it signed in on', async () => {
    await using one = await testServer({ dialect })
    await using two = await anotherInstance(one)
    const user = await withPassword(one)
    const app = await withTotp(one, user)
    const { token } = (await verifyCode(one, await firstFactor(one), app.code())).body.data
    one.clock.advance(660)
    const body = { method: 'totp', code: app.code() }
    const stepped = await two.call('POST', '/auth/step-up', { token, body })
    expect(stepped.status).toBe(200)
    expect((await one.call('GET', '/auth/me', { token })).status).toBe(401)
    const replaced = stepped.body.data.token
    expect((await one.call('GET', '/users/me/export', { token: replaced })).status).toBe(200)
  })

  test('gives a code that is sent to all of them at once to one', async () => {
    await using one = await testServer({ dialect })
    await using two = await anotherInstance(one)
    const app = await withTotp(one, await withPassword(one))
    const instances = [one, two, one, two, one, two, one, two]
    const tokens = await Promise.all(instances.map((t) => firstFactor(t)))
    const code = app.code()
    const answers = await Promise.all(instances.map((t, index) => verifyCode(t, tokens[index] ?? '', code)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('counts wrong codes together', async () => {
    await using one = await testServer({ dialect })
    await using two = await anotherInstance(one)
    const app = await withTotp(one, await withPassword(one))
    const token = await firstFactor(one)
    for (const t of [one, two, one, two, one]) await verifyCode(t, token, app.wrongCode())
    expect((await verifyCode(two, token, app.code())).status).toBe(401)
  })

  test('a copied passkey is noticed by whichever sees the count go back', async () => {
    await using one = await testServer({ dialect })
    await using two = await anotherInstance(one)
    const key = await withPasskey(one, await withPassword(one))
    const copy = key.clone()
    expect((await verifyWebauthn(one, key)).status).toBe(200)
    expect((await verifyWebauthn(two, copy)).status).toBe(401)
  })
})
