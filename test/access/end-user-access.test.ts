import { describe, expect, test } from 'bun:test'
import { endUserAccess } from '../../src/access/index.ts'
import { listAuditEvents } from '../../src/audit/index.ts'
import { createMailProof, findMailProof } from '../../src/credentials/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'

async function createKey(server: TestServer, token: string): Promise<string> {
  const body = { name: 'key', scopes: ['profile:read'] }
  const answer = await server.call('POST', '/users/me/api-keys', { token, body })
  expect(answer.status).toBe(201)
  return answer.body.data.key
}

describe.each(testDialects)('ending a user’s access on $name', (dialect) => {
  test('ends sessions, API keys and mailed links at once, and nobody else’s', async () => {
    await using server = await testServer({ dialect })
    const alice = await server.signedIn()
    const bob = await server.signedIn()
    const aliceKey = await createKey(server, alice.token)
    const bobKey = await createKey(server, bob.token)
    const mailToken = await server.write((ctx) =>
      createMailProof(ctx, { userId: alice.user.id, email: alice.user.email, purpose: 'reset_password' }),
    )

    const ended = await server.write((ctx) =>
      endUserAccess(ctx, { userId: alice.user.id, reason: 'suspended' }),
    )

    expect(ended).toEqual({ sessions: 1, apiKeys: 1 })
    for (const token of [alice.token, aliceKey]) {
      expect((await server.call('GET', '/users/me', { token })).status).toBe(401)
    }
    for (const token of [bob.token, bobKey]) {
      expect((await server.call('GET', '/users/me', { token })).status).toBe(200)
    }
    const proof = { purpose: 'reset_password', token: mailToken } as const
    expect(await server.read((ctx) => findMailProof(ctx, proof))).toBeUndefined()
  })

  test('says in the audit log how much ended and why', async () => {
    await using server = await testServer({ dialect })
    const { user, token } = await server.signedIn()
    await createKey(server, token)
    await server.write((ctx) => endUserAccess(ctx, { userId: user.id, reason: 'deleted' }))
    await server.write((ctx) => endUserAccess(ctx, { userId: user.id, reason: 'deleted' }))
    const query = { scope: 'instance', filters: { target: user.id } } as const
    const events = await server.read((ctx) => listAuditEvents(ctx, query, { count: 10 }))
    expect(events.map(({ action, details }) => ({ action, details }))).toEqual([
      { action: 'api_key.revoke', details: { revoked: 1, reason: 'deleted' } },
      { action: 'session.revoke', details: { revoked: 1, reason: 'deleted' } },
    ])
  })

  test('is undone with the transaction that ordered it', async () => {
    await using server = await testServer({ dialect })
    const { user, token } = await server.signedIn()
    const failing = server.write(async (ctx) => {
      await endUserAccess(ctx, { userId: user.id, reason: 'suspended' })
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
    expect((await server.call('GET', '/users/me', { token })).status).toBe(200)
  })
})
