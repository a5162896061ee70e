import { expect } from 'bun:test'
import { exportJWK } from 'jose'
import { checkJsonError } from './endpoint.ts'
import { codeOf, push, type ResourceDepartures, redeem, resource, signInFapi } from './fapi.ts'
import { asRs256, type Changes, dpopKeys, type FapiClients, secondsOf } from './fapi-client.ts'
import { thumbprintOf } from './fapi-request-modules.ts'
import type { Module, Run } from './plan.ts'
import { withPkce } from './request.ts'

const OTHER_KEY = { status: [400, 401], errors: ['invalid_request', 'invalid_grant', 'invalid_dpop_proof'] }

/** Modules about proofs of possession. */
export const fapiDpopModules = (clients: () => FapiClients) => {
  /** Proofs that say something more or another time are good wherever one is sent. */
  const signsInWith =
    (changes: (run: Run) => Changes): Module =>
    async (run) => {
      const { client } = clients()
      const proof = changes(run)
      const tokens = await signInFapi(run, client, { departures: { proof }, proof })
      expect((await resource(run, client, tokens.accessToken, { proof: changes(run) })).status).toBe(200)
    }

  return {
    notBeforeAndExpiry: signsInWith(({ op }) => {
      const now = secondsOf(op)
      return { claims: { nbf: now, exp: now + 60 } }
    }),
    tenSecondsBefore: signsInWith(({ op }) => ({ claims: { iat: secondsOf(op) - 10 } })),
    tenSecondsAfter: signsInWith(({ op }) => ({ claims: { iat: secondsOf(op) + 10 } })),
    proofAtPar: signsInWith(() => ({})),

    async codeBinding(run: Run) {
      const { client } = clients()
      const given = { dpop_jkt: await thumbprintOf(client) }
      await signInFapi(run, client, { given, departures: { proof: {} } })
    },

    async otherProofAtTokenEndpoint(run: Run) {
      const { client } = clients()
      const code = await codeOf(run, client, { departures: { proof: {} } })
      const proof = { keys: await dpopKeys() }
      await checkJsonError(await redeem(run, client, { ...code, proof }), OTHER_KEY)
    },

    async otherThumbprintAtTokenEndpoint(run: Run) {
      const { client } = clients()
      const code = await codeOf(run, client, { given: { dpop_jkt: await thumbprintOf(client) } })
      const proof = { keys: await dpopKeys() }
      await checkJsonError(await redeem(run, client, { ...code, proof }), OTHER_KEY)
    },

    async schemeInOtherCase(run: Run) {
      const { client } = clients()
      const tokens = await signInFapi(run, client)
      expect((await resource(run, client, tokens.accessToken, { scheme: 'dPOP' })).status).toBe(200)
    },

    /** No module of the suite's: of the key that signs by PS256, which the profile allows. §5.4.1 */
    async signedWithRs256(run: Run) {
      const { client } = clients()
      const proof = { keys: await asRs256(client.dpop) }
      const refusal = { status: [400], errors: ['invalid_dpop_proof'] }
      const request = { ...withPkce(run, client, {}), departures: { proof } }
      await checkJsonError(await push(run, client, request), refusal)
      const code = await codeOf(run, client)
      await checkJsonError(await redeem(run, client, { ...code, proof }), refusal)
      const { accessToken } = await signInFapi(run, client)
      expect((await resource(run, client, accessToken, { proof })).status).toBe(401)
      expect((await resource(run, client, accessToken)).status).toBe(200)
    },

    async negative(run: Run) {
      const { client } = clients()
      const { accessToken } = await signInFapi(run, client)
      const ask = (departures: ResourceDepartures) => resource(run, client, accessToken, departures)
      const refused = async (departures: ResourceDepartures) => {
        expect([400, 401]).toContain((await ask(departures)).status)
      }
      const url = run.op.as.userinfo_endpoint ?? ''
      const now = secondsOf(run.op)
      const upper = url.replace(/^https:\/\/localhost/, 'HTTPS://LOCALHOST')

      await refused({ header: (proof) => `${proof}, ${proof}` })
      await refused({ header: (proof) => proof.replaceAll('.', '') })
      await refused({ header: withoutAlgorithm })
      await refused({ header: withoutSignature })
      await refused({ header: (proof) => `${proof.slice(0, -6)}AAAAAA` })
      for (const name of ['typ', 'jwk']) await refused({ proof: { header: { [name]: undefined } } })
      for (const name of ['jti', 'htm', 'htu', 'iat', 'ath'])
        await refused({ proof: { claims: { [name]: undefined } } })
      await refused({ proof: { header: { typ: 'jwt' } } })
      await refused({ proof: { header: { jwk: await exportJWK(client.dpop.privateKey) } } })
      await refused({ proof: { claims: { htm: 'PUT' } } })
      await refused({ proof: { claims: { htu: 'https://www.certification.openid.net/other' } } })
      await refused({ proof: { claims: { iat: now + 3_600 } } })
      await refused({ proof: { claims: { iat: now - 3_600 } } })
      await refused({ proof: { claims: { ath: 'incorrect' } } })
      await refused({ proof: { keys: await dpopKeys() } })
      await refused({ proof: null })
      await refused({ proof: null, scheme: 'Bearer' })

      const jti = crypto.randomUUID()
      expect((await ask({ proof: { claims: { jti } } })).status).toBe(200)
      const again = await ask({ proof: { claims: { jti } } })
      run.warn('EnsureHttpStatusCodeIs400or401', [400, 401].includes(again.status))

      expect((await ask({ proof: { claims: { htu: `${url}?query=1#fragment` } } })).status).toBe(200)
      expect((await ask({ url: `${url}?query=1` })).status).toBe(200)
      const extra = { claims: { extra: 'ignored' }, header: { extra: 'ignored' } }
      expect((await ask({ proof: extra })).status).toBe(200)
      run.warn('DpopHtuUpperCase', (await ask({ proof: { claims: { htu: upper } } })).status === 200)
      expect((await ask({})).status).toBe(200)
    },
  }
}

const rewritten = (
  proof: string,
  change: (header: Record<string, unknown>) => object,
  signature?: string,
) => {
  const [header = '', claims = '', signed = ''] = proof.split('.')
  const read = JSON.parse(Buffer.from(header, 'base64url').toString())
  const written = Buffer.from(JSON.stringify(change(read))).toString('base64url')
  return `${written}.${claims}.${signature ?? signed}`
}
const withoutAlgorithm = (proof: string) => rewritten(proof, ({ alg, ...rest }) => rest)
const withoutSignature = (proof: string) => rewritten(proof, (header) => ({ ...header, alg: 'none' }), '')
