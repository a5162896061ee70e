import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { decodeJwt } from 'jose'
import { eventsOf, withPassword } from '../authentication/people.ts'
import { type Setting, setUp as setUpClient } from '../authorization-server/setting.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { linksOn, problemsOn, titleOf, Visitor } from './visitor.ts'

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const WRONG = 'This code is not known, or has expired. Check it, or start again on the device.'

describe.each(testDialects)('connecting a device on $name', (dialect) => {
  let t: TestServer
  let count = 0
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const basic = ({ client }: Setting) => ({ authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` })

  /** A device that shows a code, and somebody who is at the page that it names. */
  async function waiting(settings: object = {}, parameters: Record<string, string> = {}) {
    const setting = await setUpClient(t, { grant_types: ['authorization_code', DEVICE_GRANT], ...settings })
    const device = new Visitor(() => t)
    const { json } = await device.form(
      '/oidc/device',
      { scope: 'openid email', ...parameters },
      basic(setting),
    )
    const email = `viewer-${++count}@example.com`
    await withPassword(t, { email })
    const visitor = new Visitor(() => t)
    const { pathname, search } = new URL(json.verification_uri_complete)
    const page = await visitor.follow(
      await visitor.byPassword(await visitor.follow(await visitor.get(pathname + search)), email),
    )
    const poll = async () => {
      const fields = { grant_type: DEVICE_GRANT, device_code: json.device_code }
      return (await device.form('/oidc/token', fields, basic(setting))).json
    }
    return { setting, visitor, page, poll, code: json.user_code as string, email }
  }

  test('the code that came by the link is only filled in: a person looks and decides', async () => {
    const { visitor, page, poll, code, email } = await waiting()
    expect([titleOf(page), page.text.includes(`value="${code}"`)]).toEqual(['Connect a device', true])
    const question = await visitor.submit(page)
    expect(titleOf(question)).toBe('Connect Wiki?')
    for (const shown of [code, email, 'Only go on if you started this yourself', '1 January 2030']) {
      expect(question.text).toContain(shown)
    }
    expect((await poll()).error).toBe('authorization_pending')
    const done = await visitor.submit(question, { decision: 'allow' })
    expect([done.status, titleOf(done)]).toEqual([200, 'Connected'])
    expect((await poll()).access_token).toBeString()
  })

  test('which resources it is for is shown, and agreed to', async () => {
    const resource = 'https://payroll.example/'
    const { visitor, page, poll } = await waiting({ audiences: [resource] }, { resource })
    const question = await visitor.submit(page)
    expect(question.text).toContain('It gets access for you to')
    expect(question.text).toContain(resource)
    const other = await visitor.submit(question, { decision: 'allow', resource: '' })
    expect([other.status, titleOf(other)]).toEqual([409, 'Connect a device'])
    expect(titleOf(await visitor.submit(question, { decision: 'allow' }))).toBe('Connected')
    expect(decodeJwt((await poll()).access_token).aud).toContain(resource)
  })

  test.each([['deny'], ['perhaps']])('%p turns the device away', async (decision) => {
    const { visitor, page, poll } = await waiting()
    const done = await visitor.submit(await visitor.submit(page), { decision })
    expect(titleOf(done)).toBe('Not connected')
    expect((await poll()).error).toBe('access_denied')
  })

  test('an answer counts once', async () => {
    const { visitor, page, poll } = await waiting()
    const question = await visitor.submit(page)
    await visitor.submit(question, { decision: 'deny' })
    const again = await visitor.submit(question, { decision: 'allow' })
    expect([again.status, problemsOn(again)]).toEqual([404, [WRONG]])
    expect((await poll()).error).toBe('access_denied')
  })

  test.each([
    ['', 'Enter the code.'],
    ['XXXX-XXXX', WRONG],
    ["' or 1=1", WRONG],
  ])('%p is no code', async (userCode, problem) => {
    const { visitor, page } = await waiting()
    const again = await visitor.submit(page, { user_code: userCode })
    expect(problemsOn(again)).toEqual([problem])
  })

  test('agrees to what was shown, and to nothing else', async () => {
    const { visitor, page, poll } = await waiting()
    const question = await visitor.submit(page)
    for (const scope of ['openid', 'openid email organizations:read', '']) {
      const again = await visitor.submit(question, { decision: 'allow', scope })
      expect([again.status, titleOf(again)]).toEqual([409, 'Connect a device'])
    }
    expect((await poll()).error).toBe('authorization_pending')
  })

  test('asks anew where somebody else has signed in since, in another tab', async () => {
    const { visitor, page, poll, email } = await waiting()
    const question = await visitor.submit(page)
    const other = await withPassword(t, { email: `other-${email}` })
    await visitor.byPassword(await visitor.get('/login?prompt=another'), other.email)
    const again = await visitor.submit(question, { decision: 'allow' })
    expect([again.status, titleOf(again)]).toEqual([409, 'Connect Wiki?'])
    expect(again.text).toContain(other.email)
    expect((await poll()).error).toBe('authorization_pending')
    expect(titleOf(await visitor.submit(again, { decision: 'allow' }))).toBe('Connected')
  })

  test('who may not use the application cannot let a device of it in', async () => {
    const { visitor, page, poll, email } = await waiting({ access: { members_only: true } })
    const refused = await visitor.submit(page)
    expect([refused.status, titleOf(refused)]).toEqual([403, 'You have no access to this application'])
    expect(refused.text).toContain(`You are signed in as ${email}.`)
    const another = await visitor.get(linksOn(refused)['Not you?'] ?? '')
    expect(another.text).toContain('to connect a device')
    const events = await eventsOf(t, 'oidc.device_approve')
    expect(events.filter(({ reason }) => reason === 'not_admitted')).toHaveLength(1)
    expect((await poll()).error).toBe('authorization_pending')
  })

  test('guessing codes is slowed down, for each person', async () => {
    const env = { RATELIMIT_ENABLED: 'true', RATELIMIT_USER_CODE: '2/1h' }
    await using own = await testServer({ dialect, env })
    await withPassword(own, { email: 'guesser@example.com' })
    const visitor = new Visitor(() => own)
    const page = await visitor.follow(
      await visitor.byPassword(await visitor.get('/login?return_to=/device'), 'guesser@example.com'),
    )
    await visitor.submit(page, { user_code: 'AAAA-AAAA' })
    await visitor.submit(page, { user_code: 'BBBB-BBBB' })
    const limited = await visitor.submit(page, { user_code: 'CCCC-CCCC' })
    expect([limited.status, problemsOn(limited)]).toEqual([
      429,
      ['Too many attempts. Try again in one hour.'],
    ])
  })
})
