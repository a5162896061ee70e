import { describe, expect, test } from 'bun:test'
import { addMember, createOrganization } from '../../src/organizations/index.ts'
import { findUser } from '../../src/users/index.ts'
import { cookiesOf, eventsOf, PASSWORD } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { apiKeyOf, signedInWithPassword } from './people.ts'

describe.each(testDialects)('deleting oneself on $name', (dialect) => {
  async function arrange() {
    const server = await testServer({ dialect })
    const root = await server.signedIn({ email: 'root@example.com' })
    const alice = await signedInWithPassword(server)
    return { server, root, alice, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  test('after a recent sign-in takes everything along', async () => {
    await using arranged = await arrange()
    const { server, alice } = arranged
    const { token, user } = alice
    const key = await apiKeyOf(server, token, { scopes: ['profile:read'] })
    await server.write((ctx) => createOrganization(ctx, user.id, { name: 'Solo' }))
    const answer = await server.call('DELETE', '/users/me', { token })
    expect(answer.status).toBe(200)
    expect(cookiesOf(answer).get('authy2_session')).toMatchObject({ value: '' })
    for (const credential of [token, key]) {
      expect((await server.call('GET', '/users/me', { token: credential })).status).toBe(401)
    }
    expect(await server.read((ctx) => findUser(ctx, user.id))).toBeUndefined()
    const left = await server.read(async ({ reader }) => ({
      passwords: await reader.$count(reader.t.password),
      organizations: await reader.$count(reader.t.organization),
      keys: await reader.$count(reader.t.apiKey),
    }))
    expect(left).toEqual({ passwords: 0, organizations: 0, keys: 0 })
    expect(await eventsOf(server, 'user.delete')).toMatchObject([{ actorId: user.id, targetId: user.id }])
  })

  test('later needs the password, and a wrong one is refused and recorded', async () => {
    await using arranged = await arrange()
    const { server, alice } = arranged
    const { token, user } = alice
    server.clock.advance(601)
    const remove = (body?: object) => server.call('DELETE', '/users/me', { token, body })
    expect((await remove()).body.error.type).toBe('STEP_UP_REQUIRED')
    expect((await remove({})).body.error.type).toBe('STEP_UP_REQUIRED')
    expect((await remove({ password: 'wrong' })).body.error.type).toBe('AUTHENTICATION_ERROR')
    expect((await remove({ password: 'x'.repeat(1025) })).body.error.type).toBe('VALIDATION_ERROR')
    expect(await server.read((ctx) => findUser(ctx, user.id))).toBeDefined()
    expect(await eventsOf(server, 'user.delete')).toMatchObject([
      { outcome: 'failure', reason: 'wrong_password' },
    ])
    expect((await remove({ password: PASSWORD })).status).toBe(200)
  })

  test('is refused while owning an organization with other members', async () => {
    await using arranged = await arrange()
    const { server, root, alice } = arranged
    const { id } = await server.write((ctx) => createOrganization(ctx, alice.user.id, { name: 'Acme' }))
    await server.write((ctx) => addMember(ctx, { organizationId: id, user: root.user, role: 'admin' }))
    const answer = await server.call('DELETE', '/users/me', { token: alice.token })
    expect(answer.body.error).toMatchObject({ type: 'CONFLICT', details: { organizations: [{ id }] } })
    expect((await server.call('GET', '/users/me', { token: alice.token })).status).toBe(200)
  })

  test('is refused to the last instance administrator, to API keys and to nobody', async () => {
    await using arranged = await arrange()
    const { server, root, alice } = arranged
    expect((await server.call('DELETE', '/users/me', { token: root.token })).status).toBe(409)
    const key = await apiKeyOf(server, alice.token, { scopes: ['profile:write'] })
    expect((await server.call('DELETE', '/users/me', { token: key })).status).toBe(403)
    expect((await server.call('DELETE', '/users/me')).status).toBe(401)
  })
})
