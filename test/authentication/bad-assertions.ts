import { expect } from 'bun:test'
import type { Row } from '../../src/db/index.ts'
import { anotherSession } from '../profile/people.ts'
import type { SoftwareAuthenticator } from '../support/authenticator.ts'
import type { Answer, TestServer } from '../support/server.ts'
import { beginWebauthn, completeWebauthn, firstFactor, withPasskey } from './factors.ts'
import { withPassword } from './people.ts'

type Options = Parameters<SoftwareAuthenticator['sign']>[0]
export type Assertion = ReturnType<SoftwareAuthenticator['sign']>
type Name = 'alice' | 'mallory'

/** Somebody at a place where an authenticator is asked: what it is asked, and how its answer is sent. */
interface Asked {
  readonly options: Options
  send(credential: unknown): Promise<Answer>
}

interface Scene {
  readonly t: TestServer
  readonly people: Readonly<Record<Name, Row<'user'>>>
  readonly keys: Readonly<Record<Name, SoftwareAuthenticator>>
  ask(name?: Name): Promise<Asked>
}

export interface Place {
  ask(t: TestServer, user: Row<'user'>): Promise<Asked>
  /** How it records what was wrong, and a copy of an authenticator. */
  readonly actions: { readonly wrong: string; readonly copy: string }
  readonly by: 'alice' | 'nobody'
  /** What every try leaves beside a challenge that is spent. */
  readonly leaves: readonly string[]
  /** What coming back to it after five minutes leaves. */
  readonly leavesLater?: readonly string[]
  /** A sign-in knows whom it is about, a passkey says it. */
  readonly knowsWhom: boolean
}

export const PLACES: Readonly<Record<string, Place>> = {
  'the second factor of a sign-in': {
    async ask(t, { email }) {
      const mfa_token = await firstFactor(t, { email })
      const { data: options } = (await beginWebauthn(t, { mfa_token })).body
      return { options, send: (credential) => completeWebauthn(t, { mfa_token, credential }) }
    },
    actions: { wrong: 'webauthn.verify_failed', copy: 'webauthn.sign_count_regression' },
    by: 'nobody',
    leaves: ['signInAttempt.failures: 0 → 1'],
    knowsWhom: true,
  },
  'a sign-in by a passkey': {
    async ask(t) {
      const { data: options } = (await beginWebauthn(t)).body
      return { options, send: (credential) => completeWebauthn(t, { credential }) }
    },
    actions: { wrong: 'webauthn.verify_failed', copy: 'webauthn.sign_count_regression' },
    by: 'nobody',
    leaves: [],
    knowsWhom: false,
  },
  'a step-up': {
    async ask(t, { id }) {
      const { token } = await anotherSession(t, id)
      const { data: options } = (await t.call('POST', '/auth/step-up/begin', { token })).body
      const send = (credential: unknown) =>
        t.call('POST', '/auth/step-up', { token, body: { method: 'webauthn', credential } })
      return { options, send }
    },
    actions: { wrong: 'mfa.step_up_failed', copy: 'webauthn.sign_count_regression' },
    by: 'alice',
    leaves: [],
    leavesLater: ['session.lastSeenAt: "2030-01-01T00:00:00.000Z" → "2030-01-01T00:05:00.000Z"'],
    knowsWhom: true,
  },
}

export async function sceneAt(t: TestServer, place: Place): Promise<Scene> {
  const alice = await withPassword(t)
  const mallory = await withPassword(t, { email: 'mallory@example.com' })
  const people = { alice, mallory }
  const keys = { alice: await withPasskey(t, alice), mallory: await withPasskey(t, mallory) }
  return { t, people, keys, ask: (name = 'alice') => place.ask(t, people[name]) }
}

interface BadAnswer {
  /** What is sent, by Alice's place that `asked` is. */
  make(scene: Scene, asked: Asked): Assertion | Promise<Assertion>
  readonly reason: string
  readonly isCopy?: boolean
  /** Its challenge is not this place's to spend, or there is none. */
  readonly sparesChallenge?: boolean
  /** Whose the credential is, where it is looked at: whom a passkey says it is. */
  readonly owner?: Name
  /** What else it leaves. */
  readonly leaves?: readonly string[]
  readonly notAt?: readonly string[]
}

export const changed = (credential: Assertion, change: Partial<Assertion['response']>): Assertion => ({
  ...credential,
  response: { ...credential.response, ...change },
})

/** The same credential id and client data, signed by another key. */
const inTheNameOf = (credential: Assertion, owner: Assertion): Assertion => ({
  ...credential,
  id: owner.id,
  rawId: owner.id,
  response: {
    ...credential.response,
    ...(owner.response.userHandle && { userHandle: owner.response.userHandle }),
  },
})

const UNKNOWN = { reason: 'unknown_challenge', sparesChallenge: true } as const
const INVALID = { reason: 'invalid', owner: 'alice' } as const

export const BAD_ANSWERS: Readonly<Record<string, BadAnswer>> = {
  'a challenge that was answered': {
    ...UNKNOWN,
    async make({ keys, ask }) {
      const asked = await ask()
      const credential = keys.alice.sign(asked.options)
      expect((await asked.send(credential)).status).toBe(200)
      return credential
    },
  },
  'a challenge that was answered badly': {
    ...UNKNOWN,
    async make({ keys }, asked) {
      const credential = keys.alice.sign(asked.options)
      expect((await asked.send(changed(credential, { signature: 'MEUCIQDx' }))).status).toBe(401)
      return credential
    },
    leaves: ['again'],
  },
  'a challenge of its own making': {
    ...UNKNOWN,
    make: ({ keys }, { options }) => keys.alice.sign({ ...options, challenge: 'A'.repeat(43) }),
  },
  'a challenge of somebody else': {
    ...UNKNOWN,
    make: async ({ keys, ask }) =>
      keys.alice.sign({ ...(await ask('mallory')).options, allowCredentials: [] }),
    notAt: ['a sign-in by a passkey'], // where challenges are nobody's
  },
  ...Object.fromEntries(
    Object.entries(PLACES).map(([name, other]): [string, BadAnswer] => [
      `the challenge of ${name}`,
      {
        ...UNKNOWN,
        make: async ({ t, people, keys }) => keys.alice.sign((await other.ask(t, people.alice)).options),
        notAt: [name],
      },
    ]),
  ),
  'the credential of somebody else': {
    reason: 'wrong_user',
    make: ({ keys }, { options }) => keys.mallory.sign({ ...options, allowCredentials: [] }),
    notAt: ['a sign-in by a passkey'], // where it signs its owner in
  },
  'the credential id of somebody else': {
    ...INVALID,
    make: ({ keys }, { options }) =>
      inTheNameOf(keys.mallory.sign({ ...options, allowCredentials: [] }), keys.alice.sign(options)),
  },
  'the user handle of somebody else': {
    reason: 'wrong_user',
    owner: 'alice',
    make: ({ keys }, { options }) =>
      changed(keys.alice.sign(options), {
        userHandle: keys.mallory.sign({ ...options, allowCredentials: [] }).response.userHandle ?? '',
      }),
  },
  'a credential that nobody has': {
    reason: 'unknown_credential',
    make: ({ keys }, { options }) => ({ ...keys.alice.sign(options), id: 'AAAA', rawId: 'AAAA' }),
  },
  'another origin': {
    ...INVALID,
    make: ({ keys }, { options }) => keys.alice.clone({ origin: 'https://evil.example' }).sign(options),
  },
  'another RP id': {
    ...INVALID,
    make: ({ keys }, { options }) => keys.alice.clone({ rpId: 'evil.example' }).sign(options),
  },
  'the type of a registration': {
    ...INVALID,
    make: ({ keys }, { options }) => keys.alice.clone({ swapsTypes: true }).sign(options),
  },
  'the signature of another answer': {
    ...INVALID,
    async make({ keys, ask }, { options }) {
      const { signature } = keys.alice.sign((await ask()).options).response
      return changed(keys.alice.sign(options), { signature })
    },
  },
  'a copy, after the authenticator was used': {
    reason: 'cloned_or_removed',
    owner: 'alice',
    isCopy: true,
    async make({ keys, ask }, { options }) {
      const copy = keys.alice.clone()
      const asked = await ask()
      expect((await asked.send(keys.alice.sign(asked.options))).status).toBe(200)
      return copy.sign(options)
    },
  },
}
