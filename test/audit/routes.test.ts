import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import type { AuditEvent } from '../../src/audit/index.ts'
import { addMember, createOrganization } from '../../src/organizations/index.ts'
import { eventsOf } from '../authentication/people.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { writeEvents } from './events.ts'

const ROWS = 5_000

describe.each(testDialects)('reading audit logs on $name', (dialect) => {
  let server: TestServer
  let tokens: Record<'root' | 'owner' | 'member' | 'stranger', string>
  let organizationId: string
  let log: string

  beforeAll(async () => {
    server = await testServer({ dialect })
    const root = await server.signedIn()
    const owner = await server.signedIn()
    const member = await server.signedIn()
    const stranger = await server.signedIn()
    tokens = { root: root.token, owner: owner.token, member: member.token, stranger: stranger.token }
    const organization = await server.write((ctx) => createOrganization(ctx, owner.user.id, { name: 'Acme' }))
    const other = await server.write((ctx) => createOrganization(ctx, stranger.user.id, { name: 'Globex' }))
    organizationId = organization.id
    log = `/organizations/${organizationId}/audit-logs`
    await server.write(async (ctx) => {
      await addMember(ctx, { organizationId, user: member.user, role: 'member' })
      const events = Array.from({ length: ROWS }, () => ({ organizationId, action: 'org.update' }))
      await writeEvents(ctx, [...events, { organizationId: other.id, action: 'org.update' }])
    })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test('an organization’s is for its owner and admins; to a stranger it does not exist', async () => {
    const status = async (token?: string, query = '') =>
      (await server.call('GET', `${log}${query}`, { token })).status
    for (const query of ['', '?format=ndjson', '?format=csv']) {
      expect(await status(undefined, query)).toBe(401)
      expect(await status(tokens.stranger, query)).toBe(404)
      expect(await status(tokens.root, query)).toBe(404)
      expect(await status(tokens.member, query)).toBe(403)
      expect(await status(tokens.owner, query)).toBe(200)
    }
  })

  test('an API key needs the scope, and one for another organization finds nothing', async () => {
    const key = async (name: string, body: object) => {
      const input = { token: tokens.owner, body: { name, ...body } }
      return (await server.call('POST', '/users/me/api-keys', input)).body.data.key
    }
    const second = await server.call('POST', '/organizations', {
      token: tokens.owner,
      body: { name: 'Initech' },
    })
    const elsewhere = { scopes: ['audit:read'], organization_id: second.body.data.organization.id }
    const status = async (token: string) => (await server.call('GET', log, { token })).status
    expect(await status(await key('without', { scopes: ['organizations:write'] }))).toBe(403)
    expect(await status(await key('with', { scopes: ['audit:read'] }))).toBe(200)
    expect(await status(await key('elsewhere', elsewhere))).toBe(404)
  })

  test('is paged newest first, without a gap or a repetition, and only with its own cursors', async () => {
    const seen: string[] = []
    for (let cursor = ''; ; ) {
      const path = `${log}?action=org.update&limit=100${cursor}`
      const { status, body } = await server.call('GET', path, { token: tokens.owner })
      expect(status).toBe(200)
      seen.push(...body.data.audit_events.map(({ id }: AuditEvent) => id))
      if (body.meta.page.next_cursor === null) break
      cursor = `&cursor=${body.meta.page.next_cursor}`
    }
    expect(seen).toHaveLength(ROWS)
    expect(new Set(seen).size).toBe(ROWS)
    expect(seen).toEqual([...seen].sort().reverse())

    const first = await server.call('GET', `${log}?limit=1`, { token: tokens.owner })
    const cursor = first.body.meta.page.next_cursor
    const crossed = await server.call('GET', `/admin/audit-logs?cursor=${cursor}`, { token: tokens.root })
    expect(crossed.status).toBe(400)
    const forged = await server.call('GET', `${log}?cursor=x${cursor}`, { token: tokens.owner })
    expect(forged.body.error.type).toBe('BAD_REQUEST')
  })

  test.each(['action=nonsense', 'outcome=maybe', 'from=yesterday', 'format=xml', 'limit=1000', 'actor='])(
    'refuses %s',
    async (query) => {
      const answer = await server.call('GET', `${log}?${query}`, { token: tokens.owner })
      expect(answer.body.error.type).toBe('VALIDATION_ERROR')
    },
  )

  test('an export has every row of the organization and none of another, and is recorded', async () => {
    const path = `${log}?format=ndjson&action=org.update`
    const answer = await server.call('GET', path, { token: tokens.owner })
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-log-.*\.ndjson"$/)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    const events = answer.body
      .trimEnd()
      .split('\n')
      .map((line: string): AuditEvent => JSON.parse(line))
    expect(events).toHaveLength(ROWS)
    expect(events.every((event: AuditEvent) => event.organization_id === organizationId)).toBe(true)
    const recorded = await eventsOf(server, 'org.audit.export')
    expect(recorded.at(-1)).toMatchObject({
      organizationId,
      details: { format: 'ndjson', filters: { action: 'org.update' } },
    })
  })

  test('the instance’s has every organization, as pages and as CSV', async () => {
    const page = await server.call('GET', '/admin/audit-logs?limit=1', { token: tokens.root })
    expect(page.body.data.audit_events).toHaveLength(1)
    const csv = await server.call('GET', '/admin/audit-logs?format=csv&action=org.update', {
      token: tokens.root,
    })
    expect(csv.headers.get('content-type')).toStartWith('text/csv')
    expect(csv.body.trimEnd().split('\r\n')).toHaveLength(ROWS + 2)
    expect(await eventsOf(server, 'admin.audit.export')).toMatchObject([{ organizationId: null }])
  })

  test('over a connection that the client closes, an export stops reading', async () => {
    let reads = 0
    const app = createApp({
      ...server.deps,
      read(origin, body) {
        reads++
        return server.deps.read(origin, body)
      },
    })
    const listening = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => app.handle(request) })
    try {
      const controller = new AbortController()
      const response = await fetch(`${listening.url.origin}/api/v1${log}?format=ndjson`, {
        headers: { authorization: `Bearer ${tokens.owner}` },
        signal: controller.signal,
      })
      await response.body?.getReader().read()
      controller.abort()
      await Bun.sleep(100)
      const afterwards = reads
      await Bun.sleep(100)
      expect(reads).toBe(afterwards)
    } finally {
      await listening.stop(true)
    }
  })
})
