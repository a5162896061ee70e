import { describe, expect, test } from 'bun:test'
import type { AuditEvent } from '../../src/audit/index.ts'
import { Envelope } from '../../src/http/index.ts'
import { PersonalData } from '../../src/profile/schema.ts'
import { writeEvents } from '../audit/events.ts'
import { withPasskey, withTotp } from '../authentication/factors.ts'
import { eventsOf, PASSWORD } from '../authentication/people.ts'
import { application } from '../authorization-server/application.ts'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { apiKeyOf, signedInWithPassword } from './people.ts'

const PATH = '/users/me/export'

describe.each(testDialects)('taking one’s data along on $name', (dialect) => {
  test('gives everything that is held, in the declared form and without a secret', async () => {
    await using server = await testServer({ dialect })
    const { token, user, sessionId } = await signedInWithPassword(server)
    const key = await apiKeyOf(server, token, { scopes: ['profile:read'] })
    const { body: created } = await server.call('POST', '/organizations', { token, body: { name: 'Acme' } })
    const organization_id = created.data.organization.id
    const department = `/organizations/${organization_id}/departments`
    const { body: made } = await server.call('POST', department, { token, body: { name: 'R&D' } })
    const members = `${department}/${made.data.department.id}/members`
    await server.call('POST', members, { token, body: { user_id: user.id } })
    await server.call('PATCH', '/users/me', { token, body: { email: 'next@example.com' } })
    await withTotp(server, user)
    await withPasskey(server, user)
    const app = await application(server)
    await app.code({ scope: ['openid', 'email'] }, { user, sessionId })

    const answer = await server.call('GET', PATH, { token })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-disposition')).toBe(
      'attachment; filename="personal-data-2030-01-01.json"',
    )
    const { data } = Envelope(PersonalData).parse(answer.body)
    expect(answer.body.request_id).toBe(answer.headers.get('x-request-id'))
    expect(data).toMatchObject({
      user: { id: user.id, email: 'alice@example.com' },
      pending_email: 'next@example.com',
      password_changed_at: '2030-01-01T00:00:00.000Z',
      authenticator_app: { created_at: expect.any(String), verified_at: expect.any(String) },
      passkeys: [{ is_multi_device: expect.any(Boolean) }],
      organizations: [{ id: organization_id, role: 'owner' }],
      departments: [{ name: 'R&D', organization_id }],
      sessions: [{ id: sessionId, is_current: true }],
      api_keys: [{ scopes: ['profile:read'] }],
      grants: [{ client: { client_id: app.client.id }, scopes: ['openid', 'email'] }],
    })
    expect(data.audit_events.map(({ action }) => action)).toContain('org.create')
    expect(data.audit_events[0]?.action).toBe('user.export')
    for (const secret of [token, key, PASSWORD, '$2b$', 'digest']) {
      expect(JSON.stringify(answer.body)).not.toContain(secret)
    }
  })

  test('streams every audit event as actor or target, and no other', async () => {
    await using server = await testServer({ dialect })
    const { token, user } = await server.signedIn()
    const ids = await server.write((ctx) =>
      writeEvents(ctx, [
        ...Array.from({ length: 1_000 }, () => ({ actorId: user.id })),
        ...Array.from({ length: 1_000 }, () => ({ targetType: 'user', targetId: user.id, actorId: 'other' })),
      ]),
    )
    await server.write((ctx) => writeEvents(ctx, [{ actorId: 'other' }]))
    const { body } = await server.call('GET', PATH, { token })
    const found: string[] = body.data.audit_events.map((event: AuditEvent) => event.id)
    expect(found.slice(1)).toEqual([...ids].reverse())
  })

  test('needs a recent sign-in, of a session', async () => {
    await using server = await testServer({ dialect })
    const { token } = await server.signedIn()
    const key = await apiKeyOf(server, token, { scopes: ['profile:read', 'audit:read'] })
    expect((await server.call('GET', PATH)).status).toBe(401)
    expect((await server.call('GET', PATH, { token: key })).status).toBe(403)
    server.clock.advance(601)
    expect((await server.call('GET', PATH, { token })).body.error.type).toBe('STEP_UP_REQUIRED')
    expect(await eventsOf(server, 'user.export')).toEqual([])
  })
})
