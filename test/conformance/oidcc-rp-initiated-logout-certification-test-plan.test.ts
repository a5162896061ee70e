import { expect } from 'bun:test'
import { decodeJwt, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { checkAllEndpointsAreHttps, discover, OPENID_CONFIGURATION } from './discovery-modules.ts'
import {
  asksWhether,
  checkNotSentBack,
  checkSentBack,
  checkSignedOut,
  confirm,
  POST_LOGOUT,
  signOut,
} from './logout.ts'
import { startOp } from './op.ts'
import { type Entry, type Module, type Run, runPlan, tested } from './plan.ts'
import type { RelyingParty } from './request.ts'

type EndSession = Parameters<typeof signOut>[2]

/** Whole, in the order of the plan. */
const modules = (client: () => RelyingParty): Readonly<Record<string, Entry>> => {
  /** Sent back with the state, and signed out. */
  const sentBack =
    (change?: EndSession, keepsState = true): Module =>
    async (run) => {
      const { page, state } = await signOut(run, client(), change)
      checkSentBack(page, keepsState ? state : null)
      await checkSignedOut(run, client())
    }

  /** A page that says what is wrong, of which the suite wants a picture. */
  const refused =
    (change: EndSession): Module =>
    async (run) => {
      const { page } = await signOut(run, client(), change)
      checkNotSentBack(page)
      expect(page.status).toBe(400)
    }

  /** A page that says that they are signed out, once they have said so where nothing proves that they asked for it. */
  const signedOutPage =
    (change: EndSession): Module =>
    async (run: Run) => {
      const { page } = await signOut(run, client(), change)
      const last = asksWhether(page) ? await confirm(run, page) : page
      checkNotSentBack(last)
      expect(last.status).toBe(200)
      expect(last.text).toMatch(/signed out/i)
      await checkSignedOut(run, client())
    }

  return {
    'oidcc-rp-initiated-logout-discovery-endpoint-verification': tested(async ({ op }) => {
      const as = await discover(op, OPENID_CONFIGURATION)
      checkAllEndpointsAreHttps(as)
      expect(as.end_session_endpoint).toStartWith('https://')
    }),
    'oidcc-rp-initiated-logout': tested(sentBack()),
    'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': tested(
      refused(() => ({ post_logout_redirect_uri: `${POST_LOGOUT}/${crypto.randomUUID()}` })),
    ),
    'oidcc-rp-initiated-logout-modified-id-token-hint': tested(
      refused((idToken) => ({ id_token_hint: new UnsecuredJWT(decodeJwt(idToken)).encode() })),
    ),
    'oidcc-rp-initiated-logout-no-id-token-hint': tested(refused(() => ({ id_token_hint: undefined }))),
    'oidcc-rp-initiated-logout-no-params': tested(
      signedOutPage(() => ({
        id_token_hint: undefined,
        post_logout_redirect_uri: undefined,
        state: undefined,
      })),
    ),
    'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': tested(
      signedOutPage(() => ({ post_logout_redirect_uri: undefined })),
    ),
    'oidcc-rp-initiated-logout-no-state': tested(sentBack(() => ({ state: undefined }), false)),
    'oidcc-rp-initiated-logout-only-state': tested(
      signedOutPage(() => ({ id_token_hint: undefined, post_logout_redirect_uri: undefined })),
    ),
    'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': tested(
      refused(() => ({ post_logout_redirect_uri: `${POST_LOGOUT}?foo=bar` })),
    ),
    'oidcc-rp-initiated-logout-bad-id-token-hint': tested(
      refused(async (idToken) => {
        const { privateKey } = await generateKeyPair('RS256')
        const forged = new SignJWT(decodeJwt(idToken)).setProtectedHeader({ alg: 'RS256', kid: 'own' })
        return { id_token_hint: await forged.sign(privateKey) }
      }),
    ),
  }
}

runPlan('oidcc-rp-initiated-logout-certification-test-plan', {
  async start() {
    const op = await startOp()
    return { op, place: await op.register({ post_logout_redirect_uris: [POST_LOGOUT] }) }
  },
  modules,
})
