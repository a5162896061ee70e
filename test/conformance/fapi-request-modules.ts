import { expect } from 'bun:test'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import { checkCallback, checkErrorCallback, checkErrorPage } from './callback.ts'
import { checkAllEndpointsAreHttps, checkJwks, discover, OPENID_CONFIGURATION } from './discovery-modules.ts'
import { checkJsonError } from './endpoint.ts'
import { authorized, checkResource, codeOf, push, pushed, resource, signInFapi, tokensOf } from './fapi.ts'
import { dpopKeys, type FapiClient, type FapiClients } from './fapi-client.ts'
import { uninvitedClaims } from './id-token.ts'
import { open } from './person.ts'
import type { Module, Run } from './plan.ts'
import { type Parameters, requestOf, withPkce } from './request.ts'

/** What the profile lets be signed with. FAPI 2.0 Security Profile §5.4.1 */
const FAPI_ALGORITHMS = ['PS256', 'ES256', 'EdDSA', 'Ed25519']
const WRONG_REQUEST = ['invalid_request', 'invalid_request_object']

/** Modules about what is asked for, and how: the PAR and the authorization endpoint. */
export const fapiRequestModules = (clients: () => FapiClients) => {
  const signsIn =
    (given: Parameters): Module =>
    async (run) => {
      await signInFapi(run, clients().client, { given })
    }

  /** Refused where it is pushed, before any browser is sent anywhere. */
  const refusesToTake =
    (given: Parameters, errors: readonly string[]): Module =>
    async (run) => {
      const { client } = clients()
      const response = await push(run, client, withPkce(run, client, given))
      await checkJsonError(response, { status: [400], errors })
    }

  /** What stands beside a request_uri is not looked at. RFC 9126 §4, RFC 9101 §6.3 */
  const passesOver =
    (given: Parameters, beside: Readonly<Record<string, string>>): Module =>
    async (run) => {
      const { client } = clients()
      const { request } = await pushed(run, client, { given })
      for (const [name, value] of Object.entries(beside)) request.url.searchParams.set(name, value)
      const callback = checkCallback(run, client, request, await open(run, request.url))
      const tokens = await tokensOf(run, client, { request, code: callback.get('code') ?? '' })
      await checkResource(await resource(run, client, tokens.accessToken))
    }

  return {
    async discovery(run: Run) {
      const as = await discover(run.op, OPENID_CONFIGURATION)
      for (const name of ALGORITHM_LISTS) {
        const values = as[name]
        expect(FAPI_ALGORITHMS.filter((own) => Array.isArray(values) && values.includes(own))).not.toEqual([])
      }
      expect(as.token_endpoint_auth_methods_supported).toContain('private_key_jwt')
      expect(as.code_challenge_methods_supported).toContain('S256')
      expect(as.authorization_response_iss_parameter_supported).toBe(true)
      expect(as.pushed_authorization_request_endpoint).toStartWith('https://')
      checkAllEndpointsAreHttps(as)
      await checkJwks(run.op)
    },

    async happyFlow(run: Run) {
      const { client, client2 } = clients()
      for (const scope of [client.scope, client2.scope].join(' ').split(' ')) {
        expect(run.op.as.scopes_supported).toContain(scope)
      }
      const tokens = await signInFapi(run, client)
      run.warn(
        'EnsureIdTokenDoesNotContainNonRequestedClaims',
        uninvitedClaims(tokens.idToken, client.scope).length === 0,
      )
      const inQuery = new URL(run.op.as.userinfo_endpoint ?? '')
      inQuery.searchParams.set('access_token', tokens.accessToken)
      expect((await run.op.send(inQuery)).status).toBeGreaterThanOrEqual(400)
      for (const accept of ['application/json; charset=UTF-8', 'application/json;q=0.5, */*;q=0.1']) {
        await checkResource(await resource(run, client, tokens.accessToken, { headers: { accept } }))
      }
      // The second client binds its code by the parameter, without a proof. RFC 9449 §10
      const second = await signInFapi(run, client2, { given: { dpop_jkt: await thumbprintOf(client2) } })
      const stolen = await resource(run, client2, second.accessToken, { proof: { keys: client.dpop } })
      expect(stolen.status).toBe(401)
    },

    async userRejects(run: Run) {
      for (const client of [clients().client, clients().client2]) {
        const given = { state: 's'.repeat(128), prompt: 'consent' }
        const { request, landing } = await authorized(run, client, { given, acts: { denies: true } })
        checkErrorCallback(run, client, { request, landing, errors: ['access_denied'] })
      }
    },

    withoutState: signsIn({ state: undefined }),
    withoutNonce: signsIn({ nonce: undefined }),
    nonceOf64: signsIn({ nonce: 'n'.repeat(64) }),
    longNonce: signsIn({ nonce: 'n'.repeat(384) }),
    longState: signsIn({ state: 's'.repeat(1_000) }),
    otherScopeOrder: signsIn({ scope: 'profile openid' }),
    differentNonce: passesOver({}, { nonce: 'another' }),
    differentState: passesOver({}, { state: 'another' }),
    stateOnlyOutside: passesOver({ state: undefined }, { state: 'outside' }),

    withoutRedirectUri: refusesToTake({ redirect_uri: undefined }, WRONG_REQUEST),
    redirectUriRequired: refusesToTake({ redirect_uri: undefined }, ['invalid_request']),
    unregisteredRedirectUri: refusesToTake(
      { redirect_uri: `https://www.certification.openid.net/test/a/authy2/callback/${crypto.randomUUID()}` },
      WRONG_REQUEST,
    ),
    responseTypeCodeIdToken: refusesToTake({ response_type: 'code id_token' }, [
      'unsupported_response_type',
      'invalid_request',
      'unauthorized_client',
    ]),
    responseTypeToken: refusesToTake({ response_type: 'token' }, [
      'unsupported_response_type',
      'invalid_request',
      'unauthorized_client',
    ]),
    pkceRequired: refusesToTake({ code_challenge: undefined, code_challenge_method: undefined }, [
      'invalid_request',
    ]),
    plainPkce: refusesToTake({ code_challenge_method: 'plain' }, ['invalid_request']),
    requestUriInForm: refusesToTake({ request_uri: 'urn:ietf:params:oauth:request_uri:bad' }, [
      ...WRONG_REQUEST,
      'request_uri_not_supported',
    ]),

    async withoutPar(run: Run) {
      const { client } = clients()
      const request = requestOf(run, client)
      checkErrorCallback(run, client, {
        request,
        landing: await open(run, request.url),
        errors: ['invalid_request'],
      })
    },

    async invalidHttpMethod(run: Run) {
      const { client } = clients()
      const { parameters } = withPkce(run, client)
      const response = await push(run, client, { parameters, departures: { method: 'PUT' } })
      expect(response.status).toBe(405)
    },

    async withoutDuplicates(run: Run) {
      const { client } = clients()
      const { request } = await pushed(run, client)
      request.url.searchParams.delete('response_type')
      request.url.searchParams.delete('scope')
      checkCallback(run, client, request, await open(run, request.url))
    },

    async reusedBeforeCompletion(run: Run) {
      const { client } = clients()
      const { request } = await pushed(run, client)
      const first = await open(run, request.url, { waitsAt: '/login' })
      expect(first.kind === 'page' && first.page.status).toBe(200)
      const callback = checkCallback(run, client, request, await open(run, request.url))
      await tokensOf(run, client, { request, code: callback.get('code') ?? '' })
    },

    async reusedAfterwards(run: Run) {
      const { client } = clients()
      const { request } = await codeOf(run, client)
      checkErrorPage(run, await open(run, request.url), /request/i)
    },

    async expiredRequestUri(run: Run) {
      const { client } = clients()
      const { request, expiresIn } = await pushed(run, client)
      run.op.t.clock.advance(expiresIn + 1)
      checkErrorPage(run, await open(run, request.url), /request/i)
    },

    async requestUriOfAnother(run: Run) {
      const { client, client2 } = clients()
      const { request } = await pushed(run, client)
      request.url.searchParams.set('client_id', client2.id)
      checkErrorPage(run, await open(run, request.url), /request/i)
    },

    async mismatchedJkt(run: Run) {
      const { client } = clients()
      const { parameters } = withPkce(run, client, { dpop_jkt: await thumbprintOf(client) })
      const departures = { proof: { keys: await dpopKeys() } }
      const errors = ['invalid_request', 'invalid_dpop_proof']
      await checkJsonError(await push(run, client, { parameters, departures }), { status: [400], errors })
    },

    /** Every standard claim that is listed comes by the ID token or by userinfo, and what is unknown is passed over. */
    async claimsParameter(run: Run) {
      const { client } = clients()
      const supported = run.op.as.claims_supported ?? []
      const asked = supported.filter((name) => STANDARD_CLAIMS.includes(name))
      const members = Object.fromEntries(asked.map((name, index) => [name, FORMS[index % FORMS.length]]))
      const unknown = { [crypto.randomUUID()]: { essential: true }, [crypto.randomUUID()]: null }
      const claims = JSON.stringify({
        id_token: { ...members, ...unknown },
        userinfo: { ...members, ...unknown },
      })
      const tokens = await signInFapi(run, client, { given: { claims, scope: 'openid' } })
      const response = await resource(run, client, tokens.accessToken)
      const userinfo = (await response.json()) as Record<string, unknown>
      expect(userinfo.sub).toBe(tokens.idToken.sub)
      const missing = asked.filter((name) => !(name in tokens.idToken) && !(name in userinfo))
      run.warn('EnsureIdentityClaimsContainRequestedClaims', missing.length === 0)
      run.warn(
        'CheckForUnexpectedClaimsInIdToken',
        uninvitedClaims(tokens.idToken, 'openid').every((name) => asked.includes(name)),
      )
    },
  }
}

const ALGORITHM_LISTS = [
  'dpop_signing_alg_values_supported',
  'id_token_signing_alg_values_supported',
  'token_endpoint_auth_signing_alg_values_supported',
  'userinfo_signing_alg_values_supported',
] as const

const STANDARD_CLAIMS = ['name', 'picture', 'locale', 'updated_at', 'email', 'email_verified']
const FORMS = [null, { essential: true }, { essential: false }]

export async function thumbprintOf({ dpop }: Pick<FapiClient, 'dpop'>): Promise<string> {
  return calculateJwkThumbprint(await exportJWK(dpop.publicKey))
}
