import { expect } from 'bun:test'
import { checkErrorCallback } from './callback.ts'
import type { Clients } from './code-modules.ts'
import { complete, type Flow, signIn } from './flow.ts'
import { open } from './person.ts'
import type { Run } from './plan.ts'
import { type Parameters, requestOf } from './request.ts'

/** What the end of the signing in tells: that it needs a user interface. Core §3.1.2.6 */
export const NEEDS_THE_PERSON = [
  'interaction_required',
  'login_required',
  'account_selection_required',
  'consent_required',
]

/** Modules about who is signed in already. */
export const sessionModules = (clients: () => Pick<Clients, 'client'>) => {
  const flow = (run: Run, given?: Parameters) => signIn(run, clients().client, given)

  /** A second sign-in on which the person is shown no form at all. */
  const silently = async (run: Run, given: Parameters): Promise<Flow> => {
    const { client } = clients()
    const request = requestOf(run, client, given)
    const landing = await open(run, request.url)
    if (landing.kind === 'callback') expect(landing.acted).toEqual([])
    return complete(run, client, request, landing)
  }

  /** A second one on which they have to sign in. */
  const signingInAgain = async (run: Run, given: Parameters): Promise<Flow> => {
    const { client } = clients()
    const request = requestOf(run, client, given)
    const landing = await open(run, request.url)
    if (landing.kind === 'callback') expect(landing.acted[0]).toStartWith('/login')
    return complete(run, client, request, landing)
  }

  const checkSame = (first: Flow, second: Flow) => {
    const { sub, auth_time } = first.idToken
    expect(second.idToken).toMatchObject({ sub, auth_time })
  }

  return {
    async promptLogin(run: Run) {
      const first = await flow(run)
      run.op.t.clock.advance(1)
      const second = await signingInAgain(run, { prompt: 'login' })
      expect(Number(second.idToken.auth_time)).toBeGreaterThan(Number(first.idToken.auth_time))
    },

    async promptNoneNotLoggedIn(run: Run) {
      const { client } = clients()
      const request = requestOf(run, client, { prompt: 'none', state: 's'.repeat(128) })
      const landing = await open(run, request.url)
      checkErrorCallback(run, client, { request, landing, errors: NEEDS_THE_PERSON })
    },

    async promptNoneLoggedIn(run: Run) {
      checkSame(await flow(run), await silently(run, { prompt: 'none' }))
    },

    async maxAge1(run: Run) {
      const first = await flow(run)
      run.op.t.clock.advance(2)
      const second = await signingInAgain(run, { max_age: '1' })
      const authTime = Number(second.idToken.auth_time)
      expect(authTime).toBeGreaterThan(Number(first.idToken.auth_time))
      expect(run.op.t.clock.now().getTime() / 1_000 - authTime).toBeLessThan(60)
    },

    async maxAge10000(run: Run) {
      const first = await flow(run, { max_age: '15000' })
      run.op.t.clock.advance(1)
      const second = await silently(run, { max_age: '10000' })
      expect(second.idToken.auth_time).toBeNumber()
      checkSame(first, second)
    },

    async idTokenHint(run: Run) {
      const first = await flow(run)
      checkSame(first, await silently(run, { prompt: 'none', id_token_hint: first.tokens.id_token }))
    },
  }
}
