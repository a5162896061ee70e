/** Bad codes of authenticator apps and backup codes, at every place where one is asked for. */
import { describe, expect, test } from 'bun:test'
import { addSeconds } from '../../src/kernel/index.ts'
import { anotherSession } from '../profile/people.ts'
import { codeAt, wrongCodeAt } from '../support/authenticator-app.ts'
import { testDialects } from '../support/databases.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'
import { expectRefusal, type People, type Refusal } from './bad-input.ts'
import { type App, firstFactor, verifyCode, withTotp } from './factors.ts'
import { withPassword } from './people.ts'

const WRONG = [401, 'AUTHENTICATION_ERROR'] as const
const MALFORMED = [400, 'VALIDATION_ERROR'] as const

interface Scene {
  readonly t: TestServer
  readonly people: People
  readonly app: App
  readonly mallorys: App
}

/** Alice and Mallory, each with an app that counts and backup codes. */
async function scene(t: TestServer): Promise<Scene> {
  const alice = await withPassword(t)
  const mallory = await withPassword(t, { email: 'mallory@example.com' })
  return {
    t,
    people: { alice, mallory },
    app: await withTotp(t, alice),
    mallorys: await withTotp(t, mallory),
  }
}

/** A place where a code is asked for. */
interface Place {
  /** Comes there anew, as Alice, and returns how a code is sent. */
  open(scene: Scene): Promise<(code: unknown) => Promise<Answer>>
  readonly action: string
  /** A session says who it is; without one somebody is trying. */
  readonly by: 'alice' | 'nobody'
  reasonOf(code: unknown): string
  /** What a try leaves that is looked at: it counts. */
  readonly leaves: readonly string[]
}

const AT_SIGN_IN: Place = {
  async open({ t }) {
    const token = await firstFactor(t)
    return (code) => verifyCode(t, token, code as string)
  },
  action: 'totp.verify_failed',
  by: 'nobody',
  reasonOf: (code) => (/^\d{6}$/.test(String(code)) ? 'wrong_totp' : 'wrong_backup_code'),
  leaves: ['+secondFactorFailure', 'signInAttempt.failures: 0 → 1'],
}

const atStepUp = (method: 'totp' | 'backup_code'): Place => ({
  async open({ t, people }) {
    const { token } = await anotherSession(t, people.alice?.id ?? '')
    return (code) => t.call('POST', '/auth/step-up', { token, body: { method, code } })
  },
  action: 'mfa.step_up_failed',
  by: 'alice',
  reasonOf: () => `wrong_${method}`,
  leaves: ['+secondFactorFailure'],
})

/** What is sent; what was good once is used before. */
type BadCode = (scene: Scene, use: (code: string) => Promise<Answer>) => unknown

const NO_CODES: Readonly<Record<string, BadCode>> = {
  'seven digits': ({ app }) => `${app.code()}0`,
  'the right code twice over': ({ app }) => app.code() + app.code(),
  letters: () => 'abcdef',
  'digits of another script': ({ app }) =>
    app.code().replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  'a sign before five digits': () => '-12345',
  'a number in another notation': () => '0x1e240',
  spaces: () => '      ',
  'a quotation mark and what follows it': () => "' or 1=1 --",
}

const BAD_CODES: Readonly<Record<string, BadCode>> = {
  'a wrong code': ({ app }) => app.wrongCode(),
  'the code of two minutes ago': ({ app }) => app.code(-120),
  'the code of in two minutes': ({ app }) => app.code(120),
  'a code that was used': async ({ app }, use) => {
    expect((await use(app.code())).status).toBe(200)
    return app.code()
  },
  'a code before the one that was used': async ({ app }, use) => {
    expect((await use(app.code())).status).toBe(200)
    return app.code(-30)
  },
  'the code of somebody else': ({ mallorys }) => mallorys.code(),
  ...NO_CODES,
}

const BAD_BACKUP_CODES: Readonly<Record<string, BadCode>> = {
  'a wrong backup code': () => '00000-00000',
  'a backup code that was used': async ({ app }, use) => {
    expect((await use(app.backupCodes[0] ?? '')).status).toBe(200)
    return app.backupCodes[0]
  },
  'a backup code of somebody else': ({ mallorys }) => mallorys.backupCodes[0],
  'two backup codes at once': ({ app }) => app.backupCodes.slice(0, 2).join(''),
}

const MALFORMED_CODES: Readonly<Record<string, unknown>> = {
  'five digits': '12345',
  nothing: '',
  '33 digits': '1'.repeat(33),
  'half a million digits': '1'.repeat(500_000),
  'a number': 123_456,
  null: null,
  'a list with a code': ['123456'],
  'an object': { $ne: '' },
  'a control character': '12345\u0000',
  'half a character': '12345\ud800',
}

const PLACES: readonly (readonly [string, Place, Readonly<Record<string, BadCode>>])[] = [
  ['a sign-in', AT_SIGN_IN, { ...BAD_CODES, ...BAD_BACKUP_CODES }],
  [
    'a step-up by an app',
    atStepUp('totp'),
    { ...BAD_CODES, 'a backup code': ({ app }) => app.backupCodes[0] },
  ],
  [
    'a step-up by a backup code',
    atStepUp('backup_code'),
    { ...BAD_BACKUP_CODES, ...NO_CODES, 'a code of the app': ({ app }) => app.code() },
  ],
]

describe.each(testDialects)('on $name', (dialect) => {
  describe.each([...PLACES])('%s is not gone on with by', (_, place, codes) => {
    test.each(Object.entries(codes))('%s', async (_, badCode) => {
      await using t = await testServer({ dialect })
      const set = await scene(t)
      const code = await badCode(set, async (good) => (await place.open(set))(good))
      const send = await place.open(set)
      const { action, by, leaves } = place
      await expectRefusal(t, set.people, {
        send: () => send(code),
        refusal: {
          answer: WRONG,
          event: { action, reason: place.reasonOf(code), by, about: 'alice' },
          leaves,
        },
      })
    })

    test.each(Object.entries(MALFORMED_CODES))('what is no code, and no try: %s', async (_, code) => {
      await using t = await testServer({ dialect })
      const set = await scene(t)
      const send = await place.open(set)
      const { action, by } = place
      await expectRefusal(t, set.people, {
        send: () => send(code),
        refusal: { answer: MALFORMED, event: { action, reason: 'malformed', by, about: 'alice' } },
      })
    })
  })

  describe('an enrolment is not finished by', () => {
    const EVENT = { action: 'totp.verify_failed', by: 'alice', about: 'alice' } as const
    type Send = (code: unknown) => Promise<Answer>
    type BadProof = (secret: string, t: TestServer, send: Send) => unknown

    /** Alice, with an app that is not enrolled yet, and Mallory with one that counts. */
    async function enrolling(t: TestServer) {
      const alice = await t.signedIn()
      const mallory = await withPassword(t, { email: 'mallory@example.com' })
      const { token } = alice
      const { secret } = (await t.call('POST', '/auth/totp/enroll', { token })).body.data
      const send: Send = (code) => t.call('POST', '/auth/totp/verify-enrollment', { token, body: { code } })
      const people = { alice: alice.user, mallory }
      return { people, secret: secret as string, mallorys: await withTotp(t, mallory), send, token }
    }

    const proofs: Readonly<Record<string, BadProof>> = {
      'a wrong code': (secret, t) => wrongCodeAt(secret, t.clock.now()),
      'the code of two minutes ago': (secret, t) => codeAt(secret, addSeconds(t.clock.now(), -120)),
      'the code of in two minutes': (secret, t) => codeAt(secret, addSeconds(t.clock.now(), 120)),
      'seven digits': (secret, t) => `${codeAt(secret, t.clock.now())}0`,
      letters: () => 'abcdef',
      spaces: () => '      ',
    }
    test.each(Object.entries(proofs))('%s', async (_, proof) => {
      await using t = await testServer({ dialect })
      const { people, secret, send } = await enrolling(t)
      const code = proof(secret, t, send)
      const refusal = { answer: WRONG, event: { ...EVENT, reason: 'wrong_code' } }
      await expectRefusal(t, people, { send: () => send(code), refusal })
    })

    test('a code of somebody else', async () => {
      await using t = await testServer({ dialect })
      const { people, mallorys, send } = await enrolling(t)
      const refusal = { answer: WRONG, event: { ...EVENT, reason: 'wrong_code' } }
      await expectRefusal(t, people, { send: () => send(mallorys.code()), refusal })
    })

    test('the code that has finished it, by the token that goes on', async () => {
      await using t = await testServer({ dialect })
      const { people, secret, send } = await enrolling(t)
      const code = codeAt(secret, t.clock.now())
      const { token } = (await send(code)).body.data
      const again = () => t.call('POST', '/auth/totp/verify-enrollment', { token, body: { code } })
      const refusal: Refusal = {
        answer: [400, 'BAD_REQUEST'],
        event: { ...EVENT, reason: 'no_enrolment' },
      }
      await expectRefusal(t, people, { send: again, refusal })
    })

    test.each(Object.entries(MALFORMED_CODES))('what is no code: %s', async (_, code) => {
      await using t = await testServer({ dialect })
      const { people, send } = await enrolling(t)
      const refusal = { answer: MALFORMED, event: { ...EVENT, reason: 'malformed' } }
      await expectRefusal(t, people, { send: () => send(code), refusal })
    })
  })

  describe('a sign-in does not go on', () => {
    const ENDED: Refusal = {
      answer: WRONG,
      event: { action: 'user.login_failed', reason: 'attempt_ended', by: 'nobody', about: 'nobody' },
    }
    type BadToken = (scene: Scene) => unknown
    const tokens: Readonly<Record<string, readonly [BadToken, Refusal]>> = {
      'by a token that nobody has': [() => `a2m_${'A'.repeat(49)}`, ENDED],
      'by a token of another kind': [async ({ t }) => (await firstFactor(t)).replace('a2m_', 'a2s_'), ENDED],
      'by a token that is five minutes old': [
        async ({ t }) => {
          const token = await firstFactor(t)
          t.clock.advance(300)
          return token
        },
        ENDED,
      ],
      'by a token that was used': [
        async ({ t, app }) => {
          const token = await firstFactor(t)
          expect((await verifyCode(t, token, app.code(-30))).status).toBe(200)
          return token
        },
        ENDED,
      ],
      'by a token that ended with the fifth wrong code': [
        async ({ t, app }) => {
          const token = await firstFactor(t)
          for (let n = 1; n <= 5; n++) await verifyCode(t, token, app.wrongCode())
          return token
        },
        ENDED,
      ],
      'by the token of somebody else': [
        ({ t }) => firstFactor(t, { email: 'mallory@example.com' }),
        {
          answer: WRONG,
          event: { action: 'totp.verify_failed', reason: 'wrong_totp', by: 'nobody', about: 'mallory' },
          leaves: AT_SIGN_IN.leaves,
        },
      ],
      'by no token': [() => undefined, { ...ENDED, answer: MALFORMED }],
      'by a token of 257 characters': [() => 'x'.repeat(257), { ...ENDED, answer: MALFORMED }],
      'by a token that is a list': [async ({ t }) => [await firstFactor(t)], { ...ENDED, answer: MALFORMED }],
    }
    test.each(Object.entries(tokens))('%s', async (_, [tokenOf, refusal]) => {
      await using t = await testServer({ dialect })
      const set = await scene(t)
      const mfa_token = await tokenOf(set)
      const send = () => t.call('POST', '/auth/totp/verify', { body: { mfa_token, code: set.app.code() } })
      await expectRefusal(t, set.people, { send, refusal })
    })
  })
})
