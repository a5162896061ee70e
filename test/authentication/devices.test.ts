import { describe, expect, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { BEHIND_A_PROXY, listen } from '../support/listening.ts'
import { mailsOf } from '../support/mails.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { cookiesOf, PASSWORD, register, signIn, withPassword } from './people.ts'

const CURL = { 'user-agent': 'curl/8.5.0' }
const WGET = { 'user-agent': 'Wget/1.21.4' }

describe.each(testDialects)('devices on $name', (dialect) => {
  test('the first that a user signs in from is news to nobody, the next one is', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t, { locale: 'de' })
    await signIn(t, {}, { headers: CURL })
    expect(await mailsOf(t, 'new_device')).toEqual([])
    await signIn(t, {}, { headers: WGET })
    expect(await mailsOf(t, 'new_device')).toEqual([
      {
        kind: 'new_device',
        to: 'alice@example.com',
        locale: 'de',
        at: '2030-01-01T00:00:00.000Z',
        deviceName: 'Wget',
        address: null,
      },
    ])
  })

  test('the one that a user registered on is known', async () => {
    await using t = await testServer({ dialect })
    const device = deviceOf(await register(t))
    const again = await signIn(t, {}, { headers: { cookie: `authy2_device=${device}` } })
    expect(await mailsOf(t, 'new_device')).toEqual([])
    expect(deviceOf(again)).toBe(device)
  })

  test('a cookie of another user, or one that nobody gave out, makes no device known', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    await withPassword(t, { email: 'bob@example.com' })
    await signIn(t)
    const bobs = deviceOf(await signIn(t, { email: 'bob@example.com' }))
    const answer = await signIn(t, {}, { headers: { cookie: `authy2_device=${bobs}` } })
    expect(await mailsOf(t, 'new_device', 'alice@example.com')).toHaveLength(1)
    expect(deviceOf(answer)).not.toBe(bobs)
  })

  test('one without cookies is known by its place, and adds no row at every sign-in', async () => {
    await using t = await testServer({ dialect, env: BEHIND_A_PROXY })
    await using socket = listen(t)
    await withPassword(t)
    const body = { email: 'alice@example.com', password: PASSWORD }
    const from = (address: string) => socket.callFrom(address, 'POST', '/auth/login', { body, headers: CURL })
    for (let index = 0; index < 3; index++) await from('192.0.2.1')
    expect(await mailsOf(t, 'new_device')).toEqual([])
    expect(await countDevices(t)).toBe(2) // its place, and the cookie that it did not keep
    await from('192.0.2.2')
    expect(await mailsOf(t, 'new_device')).toMatchObject([{ address: '192.0.2.2', deviceName: 'curl' }])
  })

  test('an operator can do without the mails', async () => {
    await using t = await testServer({ dialect, env: { NEW_DEVICE_MAIL: 'false' } })
    await withPassword(t)
    await signIn(t, {}, { headers: CURL })
    await signIn(t, {}, { headers: WGET })
    expect(await mailsOf(t, 'new_device')).toEqual([])
  })

  test('a failed sign-in makes nothing known', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    await signIn(t, { password: 'wrong password 1' })
    expect(await countDevices(t)).toBe(0)
  })

  test('twenty sign-ins at once from one device all succeed', async () => {
    await using t = await testServer({ dialect })
    await withPassword(t)
    const cookie = `authy2_device=${deviceOf(await signIn(t))}`
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => signIn(t, {}, { headers: { cookie } })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(await countDevices(t)).toBe(1)
  })
})

const deviceOf = (answer: Parameters<typeof cookiesOf>[0]) => cookiesOf(answer).get('authy2_device')?.value

const countDevices = (t: TestServer) => t.read((ctx) => ctx.reader.$count(ctx.reader.t.knownDevice))
