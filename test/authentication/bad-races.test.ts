/** One proof twice at the same moment wins once, and whoever loses is told and recorded as such. */
import { describe, expect, test } from 'bun:test'
import { anotherSession } from '../profile/people.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { codeAt } from '../support/authenticator-app.ts'
import { testDialects } from '../support/databases.ts'
import { type Answer, type TestServer, testServer } from '../support/server.ts'
import { differences, eventsSince, snapshot } from './bad-input.ts'
import { beginWebauthn, completeWebauthn, firstFactor, verifyCode, withPasskey, withTotp } from './factors.ts'
import { withPassword } from './people.ts'

interface Race {
  /** Sends the same proof, each time it is called. */
  arrange(t: TestServer): Promise<readonly (() => Promise<Answer>)[]>
  /** Of the loser: what it is answered, and what is recorded of it. */
  readonly answer: readonly [number, string]
  readonly events: readonly string[]
  /** All that has changed when both are over is what the winner changes, and this. */
  readonly leaves: readonly string[]
}

const twice = <T>(send: () => Promise<T>) => [send, send]

const RACES: Readonly<Record<string, Race>> = {
  'a code, in one sign-in': {
    async arrange(t) {
      const app = await withTotp(t, await withPassword(t))
      const token = await firstFactor(t)
      return twice(() => verifyCode(t, token, app.code()))
    },
    answer: [401, 'AUTHENTICATION_ERROR'],
    events: ['user.login_failed attempt_ended'],
    leaves: [],
  },
  'a code, in two sign-ins': {
    async arrange(t) {
      const app = await withTotp(t, await withPassword(t))
      const tokens = [await firstFactor(t), await firstFactor(t)]
      return tokens.map((token) => () => verifyCode(t, token, app.code()))
    },
    answer: [401, 'AUTHENTICATION_ERROR'],
    events: ['totp.verify_failed wrong_totp'],
    leaves: ['+secondFactorFailure', 'signInAttempt.failures'],
  },
  'a backup code, in two sign-ins': {
    async arrange(t) {
      const { backupCodes } = await withTotp(t, await withPassword(t))
      const tokens = [await firstFactor(t), await firstFactor(t)]
      return tokens.map((token) => () => verifyCode(t, token, backupCodes[0] ?? ''))
    },
    answer: [401, 'AUTHENTICATION_ERROR'],
    events: ['totp.verify_failed wrong_backup_code'],
    leaves: ['+secondFactorFailure', 'signInAttempt.failures'],
  },
  'a code, at two step-ups': {
    async arrange(t) {
      const user = await withPassword(t)
      const app = await withTotp(t, user)
      const sessions = [await anotherSession(t, user.id), await anotherSession(t, user.id)]
      return sessions.map(
        ({ token }) =>
          () =>
            t.call('POST', '/auth/step-up', { token, body: { method: 'totp', code: app.code() } }),
      )
    },
    answer: [401, 'AUTHENTICATION_ERROR'],
    events: ['mfa.step_up_failed wrong_totp'],
    leaves: ['+secondFactorFailure'],
  },
  'the code of an enrolment': {
    async arrange(t) {
      const { token } = await t.signedIn()
      const { secret } = (await t.call('POST', '/auth/totp/enroll', { token })).body.data
      const code = codeAt(secret, t.clock.now())
      return twice(() => t.call('POST', '/auth/totp/verify-enrollment', { token, body: { code } }))
    },
    answer: [400, 'BAD_REQUEST'],
    events: ['totp.verify_failed no_enrolment'],
    leaves: [],
  },
  'an answer to a challenge, as a passkey': {
    async arrange(t) {
      const key = await withPasskey(t, await withPassword(t))
      const credential = key.sign((await beginWebauthn(t)).body.data)
      return twice(() => completeWebauthn(t, { credential }))
    },
    answer: [401, 'AUTHENTICATION_ERROR'],
    events: ['webauthn.verify_failed unknown_challenge'],
    leaves: [],
  },
  'a registration': {
    async arrange(t) {
      const { token } = await t.signedIn()
      const { data } = (await t.call('POST', '/auth/webauthn/register/begin', { token })).body
      const credential = new SoftwareAuthenticator().register(data)
      return twice(() => t.call('POST', '/auth/webauthn/register/complete', { token, body: { credential } }))
    },
    answer: [400, 'BAD_REQUEST'],
    events: ['webauthn.register_failed unknown_challenge'],
    leaves: [],
  },
}

describe.each(testDialects)('of two at the same moment on $name one wins:', (dialect) => {
  test.each(Object.entries(RACES))('%s', async (_, { arrange, answer, events, leaves }) => {
    await using alone = await testServer({ dialect })
    const [only] = await arrange(alone)
    const start = await snapshot(alone)
    expect([200, 201]).toContain((await only?.())?.status ?? 0)
    const byTheWinner = differences(start, await snapshot(alone)).map(withoutValues)

    await using t = await testServer({ dialect })
    const both = await arrange(t)
    const before = await snapshot(t)
    const known = new Set((await eventsSince(t, new Set())).map(({ id }) => id))
    const answers = await Promise.all(both.map((send) => send()))
    const lost = answers.filter(({ status }) => status >= 300)
    expect(lost.map(({ status, body }) => [status, body.error.type])).toEqual([[...answer]])
    const failed = (await eventsSince(t, known)).filter(({ outcome }) => outcome === 'failure')
    expect(failed.map(({ action, reason }) => `${action} ${reason}`)).toEqual([...events])
    const changed = differences(before, await snapshot(t)).map(withoutValues)
    expect(changed).toEqual([...byTheWinner, ...leaves].sort())
  })
})

/** Digests and secrets are others each time. */
const withoutValues = (difference: string): string => difference.replace(/:.*/, '')
