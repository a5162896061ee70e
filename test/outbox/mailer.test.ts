import { expect, test } from 'bun:test'
import { enqueueMail, type Mail } from '../../src/outbox/index.ts'
import { type TestOutbox, testOutbox } from './fixture.ts'

const VERIFY: Mail = { kind: 'verify_email', to: 'bob@acme-corp.com', locale: null, token: 'a2v_one' }

async function deliver(t: TestOutbox, mail: Mail = VERIFY): Promise<void> {
  await t.write((ctx) => enqueueMail(ctx, mail))
  await t.worker().runOnce()
}

test('without a mail server the last hundred mails are kept in memory', async () => {
  await using t = await testOutbox()
  await t.write(async (ctx) => {
    for (let n = 0; n < 105; n++) await enqueueMail(ctx, { ...VERIFY, token: `a2v_${n}` })
  })
  await t.worker().runOnce()
  expect(t.mailer.mailbox?.list()).toHaveLength(100)
  expect(t.mailer.status()).toBe('development')
  expect(await t.rows()).toEqual([])
})

test('in development the log says each mail with its link', async () => {
  await using t = await testOutbox({ env: { NODE_ENV: 'development' } })
  await deliver(t)
  expect(t.lines.find(({ event }) => event === 'mail.kept')).toMatchObject({
    level: 'info',
    fields: { to: 'bob@acme-corp.com', link: 'http://localhost:5000/verify-email?token=a2v_one' },
  })
})

test('anywhere else the log says nothing of what a mail carries', async () => {
  await using t = await testOutbox({ env: { NODE_ENV: 'test' } })
  await deliver(t)
  expect(t.lines.map(({ event }) => event)).toEqual(['outbox.delivered'])
  expect(JSON.stringify(t.lines)).not.toMatch(/a2v_one|bob@acme-corp/)
})

test('without a mail server in production mails wait, and a warning says so', async () => {
  await using t = await testOutbox({
    env: {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://id.example.com',
      SECRET_KEY: 'kXhJ0vQ2mXz7LpR1sT8wY3bN6cJ5hG0dEa9ZfU4iOqA=',
      ENCRYPTION_KEY: 'Zq8Wn3Vc6Rb1Ty5Um0Ki7Lo2Pj4Hg9FdXs2Ea7MwQeB=',
    },
  })
  await deliver(t)
  expect(await t.rows()).toMatchObject([{ status: 'pending', attempts: 0 }])
  expect(t.mailer.status()).toBe('unconfigured')
  expect(t.mailer.mailbox).toBeUndefined()
  expect(t.lines).toMatchObject([{ level: 'warn', event: 'mail.unconfigured' }])
})

test('a mail that this version cannot read is given up', async () => {
  await using t = await testOutbox()
  await deliver(t, { kind: 'suspended', to: 'bob@acme-corp.com' } as unknown as Mail)
  expect(await t.rows()).toMatchObject([
    { status: 'dead', lastError: 'The payload is not a mail that this version knows.' },
  ])
})
