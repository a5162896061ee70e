/** Passkeys that are not registered, and factors that are not taken away: nothing of it is half done. */
import { describe, expect, test } from 'bun:test'
import { addMember } from '../../src/organizations/index.ts'
import { foundTenant } from '../organizations/tenant.ts'
import { setPolicy } from '../policies/compliance.ts'
import { anotherSession } from '../profile/people.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { expectRefusal, type Refusal } from './bad-input.ts'
import { beginWebauthn, withPasskey, withTotp } from './factors.ts'
import { withPassword } from './people.ts'

const NOBODYS = '01970000-0000-7000-8000-000000000000'

const begin = async (t: TestServer, token: string) =>
  (await t.call('POST', '/auth/webauthn/register/begin', { token })).body.data
const complete = (t: TestServer, token: string, credential: unknown, name?: string) =>
  t.call('POST', '/auth/webauthn/register/complete', { token, body: { credential, name } })

async function scene(t: TestServer) {
  const alice = await withPassword(t)
  const mallory = await withPassword(t, { email: 'mallory@example.com' })
  const { token } = await anotherSession(t, alice.id)
  const { token: mallorys } = await anotherSession(t, mallory.id)
  return { t, people: { alice, mallory }, token, mallorys, options: await begin(t, token) }
}

type Scene = Awaited<ReturnType<typeof scene>>
type Registration = ReturnType<SoftwareAuthenticator['register']>

interface BadRegistration {
  make(scene: Scene): Registration | Promise<Registration>
  readonly reason: string
  readonly answer?: Refusal['answer']
  readonly leaves?: readonly string[]
}

const SPENT = ['-webauthnChallenge']
const UNKNOWN = { reason: 'unknown_challenge' } as const
const INVALID = { reason: 'invalid', leaves: SPENT } as const
const made = (
  options: Scene['options'],
  behaviour: ConstructorParameters<typeof SoftwareAuthenticator>[0] = {},
) => new SoftwareAuthenticator(behaviour).register(options)
const changed = (credential: Registration, change: Partial<Registration['response']>): Registration => ({
  ...credential,
  response: { ...credential.response, ...change },
})

const BAD_REGISTRATIONS: Readonly<Record<string, BadRegistration>> = {
  'to a challenge that was answered badly': {
    ...UNKNOWN,
    async make({ t, token, options }) {
      const credential = made(options)
      await complete(t, token, changed(credential, { attestationObject: 'AAAA' }))
      return credential
    },
  },
  'to a challenge that is five minutes old': {
    ...UNKNOWN,
    make({ t, options }) {
      t.clock.advance(300)
      return made(options)
    },
    leaves: ['session.lastSeenAt: "2030-01-01T00:00:00.000Z" → "2030-01-01T00:05:00.000Z"'],
  },
  'to a challenge of its own making': {
    ...UNKNOWN,
    make: ({ options }) => made({ ...options, challenge: 'A'.repeat(43) }),
  },
  'to a challenge of somebody else': {
    ...UNKNOWN,
    make: async ({ t, mallorys }) => made(await begin(t, mallorys)),
  },
  'to the challenge of a sign-in': {
    ...UNKNOWN,
    make: async ({ t, options }) =>
      made({ ...options, challenge: (await beginWebauthn(t)).body.data.challenge }),
  },
  'by the page of another origin': {
    ...INVALID,
    make: ({ options }) => made(options, { origin: 'https://evil.example' }),
  },
  'for another RP id': { ...INVALID, make: ({ options }) => made(options, { rpId: 'evil.example' }) },
  'as the type of a sign-in': { ...INVALID, make: ({ options }) => made(options, { swapsTypes: true }) },
  'that is no attestation': {
    ...INVALID,
    make: ({ options }) => changed(made(options), { attestationObject: 'AAAA' }),
  },
  'with a credential id of somebody else': {
    async make({ t, mallorys, options }) {
      const theirs = made(await begin(t, mallorys))
      expect((await complete(t, mallorys, theirs)).status).toBe(201)
      const { clientDataJSON } = made(options).response
      return changed(theirs, { clientDataJSON }) // without a statement nothing signs for both
    },
    reason: 'taken_or_too_many',
    answer: [409, 'CONFLICT'],
    leaves: SPENT,
  },
}

const MALFORMED: Readonly<Record<string, (credential: Registration) => unknown>> = {
  nothing: () => undefined,
  'another type of credential': (credential) => ({ ...credential, type: 'password' }),
  'an attestation of 600 kB': (credential) => changed(credential, { attestationObject: 'A'.repeat(600_000) }),
  'client data that is no base64url': (credential) => changed(credential, { clientDataJSON: '{}' }),
}

describe.each(testDialects)('on $name', (dialect) => {
  describe('a passkey is not registered', () => {
    const EVENT = { action: 'webauthn.register_failed', by: 'alice', about: 'alice' } as const

    test.each(Object.entries(BAD_REGISTRATIONS))('%s', async (_, { make, reason, answer, leaves }) => {
      await using t = await testServer({ dialect })
      const set = await scene(t)
      const credential = await make(set)
      await expectRefusal(t, set.people, {
        send: () => complete(t, set.token, credential),
        refusal: {
          answer: answer ?? [400, 'BAD_REQUEST'],
          event: { ...EVENT, reason },
          ...(leaves && { leaves }),
        },
      })
    })

    test('twice with one challenge', async () => {
      await using t = await testServer({ dialect })
      const { people, token: first, options } = await scene(t)
      const { token } = (await complete(t, first, made(options))).body.data
      await expectRefusal(t, people, {
        send: () => complete(t, token, made(options)),
        refusal: { answer: [400, 'BAD_REQUEST'], event: { ...EVENT, reason: 'unknown_challenge' } },
      })
    })

    test.each(Object.entries(MALFORMED))('of what is none: %s', async (_, of) => {
      await using t = await testServer({ dialect })
      const { people, token, options } = await scene(t)
      await expectRefusal(t, people, {
        send: () => complete(t, token, of(made(options))),
        refusal: { answer: [400, 'VALIDATION_ERROR'], event: { ...EVENT, reason: 'malformed' } },
      })
    })
  })

  describe('a factor stays', () => {
    /** Alice is a member of an organization whose policy needs the factor that she has. */
    async function bound(t: TestServer, mode: string, enrol: (scene: Scene) => Promise<unknown>) {
      const set = await scene(t)
      await enrol(set)
      const tenant = await foundTenant(t)
      const membership = { organizationId: tenant.id, user: set.people.alice, role: 'member' } as const
      await t.write((ctx) => addMember(ctx, membership))
      await setPolicy(t, tenant, { mfa_policy_mode: mode })
      const { token } = await anotherSession(t, set.people.alice.id)
      return { people: set.people, token, tenant }
    }

    test.each(['require_totp', 'require_totp_or_webauthn'])('the app, by %s', async (mode) => {
      await using t = await testServer({ dialect })
      const { people, token, tenant } = await bound(t, mode, ({ people }) => withTotp(t, people.alice))
      const send = () => t.call('POST', '/auth/totp/disable', { token })
      await expectRefusal(t, people, {
        send: async () => {
          const answer = await send()
          expect(answer.body.error.details.organizations).toMatchObject([{ id: tenant.id }])
          return answer
        },
        refusal: {
          answer: [409, 'CONFLICT'],
          event: { action: 'totp.disable', reason: 'policy_needs_it', by: 'alice', about: 'alice' },
        },
      })
    })

    test.each(['require_webauthn', 'require_totp_or_webauthn'])('the last passkey, by %s', async (mode) => {
      await using t = await testServer({ dialect })
      const { people, token, tenant } = await bound(t, mode, ({ people }) => withPasskey(t, people.alice))
      const [{ id }] = (await t.call('GET', '/auth/webauthn/credentials', { token })).body.data.credentials
      await expectRefusal(t, people, {
        send: async () => {
          const answer = await t.call('DELETE', `/auth/webauthn/credentials/${id}`, { token })
          expect(answer.body.error.details.organizations).toMatchObject([{ id: tenant.id }])
          return answer
        },
        refusal: {
          answer: [409, 'CONFLICT'],
          event: { action: 'webauthn.delete', reason: 'policy_needs_it', by: 'alice', about: 'alice' },
        },
      })
    })

    test.each([
      ['that somebody else has', true],
      ['that nobody has', false],
    ])('a passkey %s, and keeps its name', async (_, isTheirs) => {
      await using t = await testServer({ dialect })
      const { people, token, mallorys } = await scene(t)
      await withPasskey(t, people.mallory)
      const theirs = await t.call('GET', '/auth/webauthn/credentials', { token: mallorys })
      const id = isTheirs ? theirs.body.data.credentials[0].id : NOBODYS
      const path = `/auth/webauthn/credentials/${id}`
      for (const [method, action, body] of [
        ['DELETE', 'webauthn.delete', undefined],
        ['PATCH', 'webauthn.update', { name: 'Mine' }],
      ] as const) {
        await expectRefusal(t, people, {
          send: () => t.call(method, path, { token, body }),
          refusal: {
            answer: [404, 'NOT_FOUND'],
            event: { action, reason: 'not_found', by: 'alice', about: 'alice' },
          },
        })
      }
    })
  })
})
