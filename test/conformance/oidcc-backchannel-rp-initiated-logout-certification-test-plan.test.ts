import { expect } from 'bun:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { TEST_TLS_CERTIFICATE } from '../support/tls.ts'
import { startApplication } from './application.ts'
import { checkAllEndpointsAreHttps, discover, OPENID_CONFIGURATION } from './discovery-modules.ts'
import { jwksOf } from './id-token.ts'
import { checkSentBack, checkSignedOut, POST_LOGOUT, signOut } from './logout.ts'
import { startOp } from './op.ts'
import { runPlan, tested } from './plan.ts'
import type { RelyingParty } from './request.ts'

/** What an application gets by the back channel. */
interface Notice {
  readonly method: string
  readonly contentType: string
  readonly body: string
}

interface Place {
  readonly client: RelyingParty
  readonly notices: Notice[]
}

runPlan<Place>('oidcc-backchannel-rp-initiated-logout-certification-test-plan', {
  async start() {
    const notices: Notice[] = []
    const application = startApplication()
    application.documents['/backchannel_logout'] = async (request) => {
      const contentType = request.headers.get('content-type') ?? ''
      notices.push({ method: request.method, contentType, body: await request.text() })
      return new Response('', { headers: { 'cache-control': 'no-store' } })
    }
    const op = await startOp({ trusts: TEST_TLS_CERTIFICATE })
    const client = await op.register({
      post_logout_redirect_uris: [POST_LOGOUT],
      backchannel_logout_uri: application.url('/backchannel_logout'),
      backchannel_logout_session_required: true,
    })
    const dispose = async () => {
      await op[Symbol.asyncDispose]()
      await application[Symbol.asyncDispose]()
    }
    return { op: { ...op, [Symbol.asyncDispose]: dispose }, place: { client, notices } }
  },

  modules: (place) => ({
    'oidcc-backchannel-logout-discovery-endpoint-verification': tested(async ({ op }) => {
      const as = await discover(op, OPENID_CONFIGURATION)
      checkAllEndpointsAreHttps(as)
      expect(as.end_session_endpoint).toStartWith('https://')
      expect(as).toMatchObject({
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
      })
    }),

    'oidcc-backchannel-rp-initiated-logout': tested(async (run) => {
      const { op } = run
      const { client, notices } = place()
      const { flow, page, state } = await signOut(run, client)
      checkSentBack(page, state)
      await op.t.deps.outbox.runOnce()

      expect(notices).toMatchObject([{ method: 'POST' }])
      expect(notices[0]?.contentType).toStartWith('application/x-www-form-urlencoded')
      const form = new URLSearchParams(notices[0]?.body)
      run.warn('CheckForUnexpectedParametersInBackchannelLogoutRequest', form.size === 1)
      const { payload, protectedHeader } = await jwtVerify(
        form.get('logout_token') ?? '',
        createLocalJWKSet(await jwksOf(op)),
        {
          issuer: op.as.issuer,
          audience: client.id,
          currentDate: op.t.clock.now(),
          maxTokenAge: '5m',
          requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti', 'events', 'sub', 'sid'],
        },
      )
      expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'logout+jwt' })
      expect(payload.events).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} })
      expect([payload.sub, payload.sid]).toEqual([flow.idToken.sub, flow.idToken.sid] as string[])
      expect(payload.nonce).toBeUndefined()
      await checkSignedOut(run, client)
    }),
  }),
})
