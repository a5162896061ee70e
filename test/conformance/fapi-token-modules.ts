import { expect } from 'bun:test'
import { UnsecuredJWT } from 'jose'
import { checkInvalidGrant, checkJsonError, isRefusal, jsonOf } from './endpoint.ts'
import { checkResource, codeOf, post, push, redeem, resource, signInFapi } from './fapi.ts'
import {
  asRs256,
  assertionOf,
  type Changes,
  dpopKeys,
  type FapiClient,
  type FapiClients,
  secondsOf,
} from './fapi-client.ts'
import { checkIdToken } from './id-token.ts'
import type { Module, Run } from './plan.ts'
import { withPkce } from './request.ts'

/** Who does not prove that it is the client is told so at either status. RFC 6749 §5.2 */
const NOT_THE_CLIENT = { status: [400, 401], errors: ['invalid_client', 'invalid_request'] }
const NO_PROOF = { status: [400, 401], errors: ['invalid_request', 'invalid_grant', 'invalid_dpop_proof'] }

/** Modules about what clients prove themselves with, and what they redeem. */
export const fapiTokenModules = (clients: () => FapiClients) => {
  /** An assertion that departs in one way does not let anybody in at the token endpoint. */
  const refusesAssertion =
    (changes: (run: Run) => Changes): Module =>
    async (run) => {
      const { client } = clients()
      const code = await codeOf(run, client)
      await checkJsonError(await redeem(run, client, { ...code, assertion: changes(run) }), NOT_THE_CLIENT)
    }

  /** The same at the PAR endpoint. */
  const refusesToPush =
    (changes: (run: Run) => Changes): Module =>
    async (run) => {
      const { client } = clients()
      const { parameters } = withPkce(run, client)
      const departures = { assertion: changes(run) }
      await checkJsonError(await push(run, client, { parameters, departures }), NOT_THE_CLIENT)
    }

  return {
    async clientIdOfAnother(run: Run) {
      const { client, client2 } = clients()
      const code = await codeOf(run, client)
      const impostor = { ...client2, keys: client.keys, dpop: client.dpop }
      const errors = ['invalid_client', 'invalid_grant']
      await checkJsonError(await redeem(run, impostor, code), { status: [400, 401], errors })
    },

    async holderOfKeyRequired(run: Run) {
      const { client } = clients()
      await checkJsonError(
        await redeem(run, client, { ...(await codeOf(run, client)), proof: null }),
        NO_PROOF,
      )
    },

    async codeBoundToClient(run: Run) {
      const { client, client2 } = clients()
      await checkInvalidGrant(await redeem(run, client2, await codeOf(run, client)))
    },

    async codeReuse(run: Run) {
      const { client } = clients()
      const tokens = await signInFapi(run, client)
      run.op.t.clock.advance(1)
      await checkInvalidGrant(await redeem(run, client, tokens))
      run.warn('EnsureHttpStatusCodeIs4xx', isRefusal(await resource(run, client, tokens.accessToken)))
    },

    async expiredCode(run: Run) {
      const { client } = clients()
      const code = await codeOf(run, client)
      run.op.t.clock.advance(62)
      await checkInvalidGrant(await redeem(run, client, code))
    },

    async verifierRequired(run: Run) {
      const { client } = clients()
      await checkInvalidGrant(await redeem(run, client, { ...(await codeOf(run, client)), form: {} }))
    },

    async wrongVerifier(run: Run) {
      const { client } = clients()
      const form = { code_verifier: 'v'.repeat(64) }
      await checkInvalidGrant(await redeem(run, client, { ...(await codeOf(run, client)), form }))
    },

    async assertionRequired(run: Run) {
      const { client } = clients()
      const authentication = { client_id: client.id }
      await checkJsonError(
        await redeem(run, client, { ...(await codeOf(run, client)), authentication }),
        NOT_THE_CLIENT,
      )
    },

    async signedWithRs256(run: Run) {
      const { rsaClient } = clients()
      const code = await codeOf(run, rsaClient)
      const keys = await asRs256(rsaClient.keys)
      const answer = await redeem(run, rsaClient, { ...code, assertion: { header: { alg: 'RS256' }, keys } })
      await checkJsonError(answer, { status: [400, 401], errors: ['invalid_client'] })
    },

    expiredAssertion: refusesAssertion(({ op }) => ({ claims: { exp: secondsOf(op) - 300 } })),
    wrongAudience: refusesAssertion(() => ({
      claims: { aud: 'https://www.certification.openid.net/wrong' },
    })),
    withoutSubject: refusesAssertion(() => ({ claims: { sub: undefined } })),

    arrayAudience: refusesToPush(({ op }) => ({ claims: { aud: [op.as.issuer, 'https://op.example'] } })),
    parAudience: refusesToPush(({ op }) => ({
      claims: { aud: op.as.pushed_authorization_request_endpoint },
    })),
    tokenAudience: refusesToPush(({ op }) => ({ claims: { aud: op.as.token_endpoint } })),
    seventySecondsAhead: refusesToPush(({ op }) => ({ claims: from(secondsOf(op) + 70) })),

    async eightSecondsAhead(run: Run) {
      const { client } = clients()
      const { parameters } = withPkce(run, client)
      const departures = { assertion: { claims: from(secondsOf(run.op) + 8) } }
      const ahead = await push(run, client, { parameters, departures })
      run.warn('CheckPAREndpointResponse201WithNoError', ahead.status === 201)
    },

    /** All the ways in which an assertion can be wrong, at the PAR endpoint. */
    async invalidAssertions(run: Run) {
      const { op } = run
      const { client } = clients()
      const { parameters } = withPkce(run, client)
      const now = secondsOf(op)
      const wrongClaims: Record<string, unknown>[] = [
        { sub: undefined },
        { sub: 'another' },
        { iss: undefined },
        { iss: 'another' },
        { aud: undefined },
        { aud: 'https://www.certification.openid.net/wrong' },
        { aud: op.as.pushed_authorization_request_endpoint },
        { aud: op.as.token_endpoint },
        { aud: [op.as.issuer, 'https://www.certification.openid.net/wrong'] },
        { aud: [op.as.issuer, op.as.token_endpoint] },
        { exp: now - 300 },
        from(now + 70),
      ]
      for (const claims of wrongClaims) {
        const departures = { assertion: { claims } }
        await checkJsonError(await push(run, client, { parameters, departures }), NOT_THE_CLIENT)
      }
      const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
      const right = await assertionOf(op, client)
      const unsigned = new UnsecuredJWT({ iss: client.id, sub: client.id, aud: op.as.issuer, ...from(now) })
        .setJti(crypto.randomUUID())
        .encode()
      const wrongForms = [
        { client_id: client.id },
        { client_id: client.id, client_assertion: right },
        { client_id: client.id, client_assertion: right, client_assertion_type: `${type}s` },
        { client_id: client.id, client_assertion: unsigned, client_assertion_type: type },
        {
          client_id: client.id,
          client_assertion: `${right.slice(0, -6)}AAAAAA`,
          client_assertion_type: type,
        },
      ]
      for (const authentication of wrongForms) {
        const departures = { authentication: Object.fromEntries(Object.entries(authentication)) }
        await checkJsonError(await push(run, client, { parameters, departures }), NOT_THE_CLIENT)
      }
      const ahead = await push(run, client, {
        parameters,
        departures: { assertion: { claims: from(now + 8) } },
      })
      run.warn('CheckPAREndpointResponse201WithNoError', ahead.status === 201)
      expect((await push(run, client, { parameters })).status).toBe(201)
    },

    /** Two clients; the same refresh token goes on being good, and only for its client and with a proof. */
    async refreshToken(run: Run) {
      const { client, client2 } = clients()
      const { op } = run
      run.warn(
        'EnsureServerConfigurationSupportsRefreshToken',
        op.as.grant_types_supported?.includes('refresh_token') ?? false,
      )
      const first = await refreshed(run, client)
      const form = { grant_type: 'refresh_token', refresh_token: first.refreshToken }
      const url = op.as.token_endpoint ?? ''
      const unproved = { authentication: { client_id: client.id } }
      await checkJsonError(await post(run, client, { url, form, departures: unproved }), {
        status: [400, 401],
        errors: ['invalid_client', 'invalid_grant', 'invalid_request'],
      })
      await checkJsonError(await post(run, client, { url, form, departures: { proof: null } }), NO_PROOF)

      const second = await refreshed(run, client2)
      const stolen = await resource(run, client2, second.accessToken, { proof: { keys: client.dpop } })
      expect(stolen.status).toBe(401)
      const foreign = { grant_type: 'refresh_token', refresh_token: second.refreshToken }
      await checkInvalidGrant(await post(run, client, { url, form: foreign }))
    },
  }
}

const from = (seconds: number) => ({ iat: seconds, nbf: seconds, exp: seconds + 60 })

/** Refreshes, with another DPoP key, and once more with the token of before: its answer may have got lost. §5.3.2.1 */
async function refreshed(run: Run, client: FapiClient) {
  const { op } = run
  const scope = 'openid profile offline_access'
  const tokens = await signInFapi(run, client, { given: { scope, prompt: 'consent' } })
  const form = { grant_type: 'refresh_token', refresh_token: tokens.refreshToken, scope }
  const keys = await dpopKeys()
  let answer: Record<string, unknown> = {}
  for (const seconds of [1, 30]) {
    op.t.clock.advance(seconds)
    const response = await post(run, client, {
      url: op.as.token_endpoint ?? '',
      form,
      departures: { proof: { keys } },
    })
    expect(response.headers.get('cache-control')).toContain('no-store')
    answer = await jsonOf(response)
    expect(answer).toMatchObject({ token_type: 'DPoP', expires_in: expect.any(Number) })
    expect(answer.access_token).not.toBe(tokens.accessToken)
    const jwt = String(answer.id_token)
    const { sub, aud, auth_time } = tokens.idToken
    const idToken = await checkIdToken(op, { rp: client, request: { parameters: {} }, jwt })
    expect([idToken.sub, idToken.aud, idToken.auth_time]).toEqual([sub, aud, auth_time])
  }
  const accessToken = String(answer.access_token)
  await checkResource(await resource(run, client, accessToken, { proof: { keys } }))
  return { accessToken, refreshToken: String(answer.refresh_token ?? tokens.refreshToken) }
}
