import { describe, expect, test } from 'bun:test'
import { enqueueMail, type Mail, type ReceivedMail } from '../../src/outbox/index.ts'
import { type TestServer, testServer } from '../support/server.ts'

const VERIFY: Mail = { kind: 'verify_email', to: 'bob@acme-corp.com', locale: null, token: 'a2v_one' }
const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://id.example.com',
  SECRET_KEY: 'kXhJ0vQ2mXz7LpR1sT8wY3bN6cJ5hG0dEa9ZfU4iOqA=',
  ENCRYPTION_KEY: 'Zq8Wn3Vc6Rb1Ty5Um0Ki7Lo2Pj4Hg9FdXs2Ea7MwQeB=',
}

const at =
  ({ app }: TestServer) =>
  (path: string, headers: Record<string, string> = {}) =>
    app.handle(new Request(`http://localhost${path}`, { headers }))

async function deliver(t: TestServer, ...mails: readonly Mail[]): Promise<void> {
  for (const mail of mails) await t.write((ctx) => enqueueMail(ctx, mail))
  await t.deps.outbox.runOnce()
}

describe('without a mail server in development', () => {
  test('mails are shown newest first, on a page and as JSON', async () => {
    await using t = await testServer()
    const get = at(t)
    await deliver(t, VERIFY)
    t.clock.advance(60)
    await deliver(t, { kind: 'suspended', to: 'carol@acme-corp.com', locale: 'de' })
    const page = await get('/dev/mail')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const html = await page.text()
    expect(html.indexOf('carol@acme-corp.com')).toBeGreaterThan(0)
    expect(html.indexOf('bob@acme-corp.com')).toBeGreaterThan(html.indexOf('carol@acme-corp.com'))
    expect(html).toContain('<a href="http://localhost:5000/verify-email?token=a2v_one">')

    for (const answer of [
      await get('/dev/mail.json'),
      await get('/dev/mail', { accept: 'application/json' }),
    ]) {
      expect(answer.headers.get('content-type')).toContain('application/json')
      const { mails } = (await answer.json()) as { mails: ReceivedMail[] }
      expect(mails).toMatchObject([
        { to: 'carol@acme-corp.com', kind: 'suspended', link: null, at: '2030-01-01T00:01:00.000Z' },
        {
          to: 'bob@acme-corp.com',
          kind: 'verify_email',
          subject: 'Confirm your e-mail address',
          link: 'http://localhost:5000/verify-email?token=a2v_one',
        },
      ])
      expect(mails[1]?.text).toContain('a2v_one')
      expect(mails[1]?.html).toContain('a2v_one')
    }
  })

  test('one mail is shown as its reader sees it', async () => {
    await using t = await testServer()
    const get = at(t)
    await deliver(t, VERIFY)
    const [mail] = t.deps.mailer.mailbox?.list() ?? []
    const answer = await get(`/dev/mail/${mail?.id}`)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await answer.text()).toBe(mail?.html ?? '')
  })

  test('a mail that is not there is not found', async () => {
    await using t = await testServer()
    const answer = await at(t)('/dev/mail/01970000-0000-7000-8000-000000000000')
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ error: { type: 'NOT_FOUND' } })
  })

  test('an empty mailbox says so', async () => {
    await using t = await testServer()
    expect(await (await at(t)('/dev/mail')).text()).toContain('No mail yet.')
  })

  test('the pages run no script, whatever a name or an address contains', async () => {
    await using t = await testServer()
    const get = at(t)
    await deliver(t, {
      kind: 'invite',
      to: '"><script>alert(1)</script>@example.com',
      locale: null,
      token: '"><script>alert(2)</script>',
      organizationName: '</pre><script>alert(3)</script>',
      inviterName: '<img src=x onerror=alert(4)>',
      role: 'guest',
      expiresAt: '2030-01-08T00:00:00.000Z',
    })
    const [mail] = t.deps.mailer.mailbox?.list() ?? []
    for (const path of ['/dev/mail', `/dev/mail/${mail?.id}`]) {
      const answer = await get(path)
      const policy = answer.headers.get('content-security-policy') ?? ''
      expect(policy).toStartWith("default-src 'none'; style-src 'unsafe-inline';")
      expect(policy).not.toContain('script-src')
      expect(await answer.text()).not.toMatch(/<script|<img/)
    }
  })
})

test('in production there is no such page', async () => {
  await using t = await testServer({ env: PRODUCTION })
  for (const path of ['/dev/mail', '/dev/mail.json', '/dev/mail/01970000-0000-7000-8000-000000000000']) {
    expect((await at(t)(path)).status).toBe(404)
  }
})
