/** What authenticators sign and is not good, at every place where they are asked: nothing of it goes on. */
import { describe, test } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { testServer } from '../support/server.ts'
import { type Assertion, BAD_ANSWERS, changed, PLACES, sceneAt } from './bad-assertions.ts'
import { expectRefusal } from './bad-input.ts'
import { beginWebauthn, completeWebauthn, withPasskey } from './factors.ts'
import { withPassword } from './people.ts'

const WRONG = [401, 'AUTHENTICATION_ERROR'] as const
const MALFORMED = [400, 'VALIDATION_ERROR'] as const

const MALFORMED_ANSWERS: Readonly<Record<string, (credential: Assertion) => unknown>> = {
  nothing: () => undefined,
  'a text': () => 'credential',
  'another type of credential': (credential) => ({ ...credential, type: 'password' }),
  'no signature': (credential) => ({ ...credential, response: { ...credential.response, signature: '' } }),
  'client data that is no base64url': (credential) => changed(credential, { clientDataJSON: '{}' }),
  'a signature of 10 kB': (credential) => changed(credential, { signature: 'A'.repeat(10_000) }),
}

describe.each(testDialects)('on $name', (dialect) => {
  describe.each(Object.entries(PLACES))('%s is not', (name, place) => {
    const { by, actions } = place
    const answers = Object.entries(BAD_ANSWERS).filter(([, { notAt }]) => !notAt?.includes(name))
    test.each(answers)('gone on with by %s', async (_, bad) => {
      await using t = await testServer({ dialect })
      const scene = await sceneAt(t, place)
      const asked = await scene.ask()
      const credential = await bad.make(scene, asked)
      const about = place.knowsWhom ? 'alice' : (bad.owner ?? 'nobody')
      const leaves = bad.leaves ? place.leaves.map((each) => each.replace('0 → 1', '1 → 2')) : place.leaves
      await expectRefusal(t, scene.people, {
        send: () => asked.send(credential),
        refusal: {
          answer: WRONG,
          event: { action: bad.isCopy ? actions.copy : actions.wrong, reason: bad.reason, by, about },
          leaves: [...leaves, ...(bad.sparesChallenge ? [] : ['-webauthnChallenge'])],
        },
      })
    })

    test('gone on with by an answer to a challenge that is five minutes old', async () => {
      await using t = await testServer({ dialect })
      const scene = await sceneAt(t, place)
      const asked = await scene.ask()
      t.clock.advance(300)
      // A sign-in is as old as its challenge at least, and is over.
      const isOver = name === 'the second factor of a sign-in'
      await expectRefusal(t, scene.people, {
        send: () => asked.send(scene.keys.alice.sign(asked.options)),
        refusal: {
          answer: WRONG,
          event: isOver
            ? { action: 'user.login_failed', reason: 'attempt_ended', by, about: 'nobody' }
            : { action: actions.wrong, reason: 'unknown_challenge', by, about: by },
          leaves: place.leavesLater ?? [],
        },
      })
    })

    test.each(Object.entries(MALFORMED_ANSWERS))('tried by what is no answer: %s', async (_, of) => {
      await using t = await testServer({ dialect })
      const scene = await sceneAt(t, place)
      const asked = await scene.ask()
      const about = place.knowsWhom ? 'alice' : 'nobody'
      await expectRefusal(t, scene.people, {
        send: () => asked.send(of(scene.keys.alice.sign(asked.options))),
        refusal: { answer: MALFORMED, event: { action: actions.wrong, reason: 'malformed', by, about } },
      })
    })
  })

  test('a passkey that has not verified its user signs nobody in', async () => {
    await using t = await testServer({ dialect })
    const alice = await withPassword(t)
    const key = await withPasskey(t, alice, { isUserVerified: false })
    const { data } = (await beginWebauthn(t)).body
    await expectRefusal(
      t,
      { alice },
      {
        send: () => completeWebauthn(t, { credential: key.sign(data) }),
        refusal: {
          answer: WRONG,
          event: { action: 'webauthn.verify_failed', reason: 'not_verified', by: 'nobody', about: 'alice' },
          leaves: ['-webauthnChallenge'],
        },
      },
    )
  })

  test('a sign-in of somebody else does not take an answer that is good for one’s own', async () => {
    await using t = await testServer({ dialect })
    const place = PLACES['the second factor of a sign-in']
    if (!place) throw new Error('No such place')
    const { people, keys, ask } = await sceneAt(t, place)
    const mine = await ask('mallory')
    const hers = await ask('alice')
    await expectRefusal(t, people, {
      send: () => hers.send(keys.mallory.sign(mine.options)),
      refusal: {
        answer: WRONG,
        event: {
          action: 'webauthn.verify_failed',
          reason: 'unknown_challenge',
          by: 'nobody',
          about: 'alice',
        },
        leaves: place.leaves.slice(),
      },
    })
  })
})
