import { TEST_TLS_CERTIFICATE } from '../support/tls.ts'
import { type Application, startApplication } from './application.ts'
import { signsIdTokens, signsRequestObjects } from './basic-modules.ts'
import { REFRESHING, withClient } from './dynamic-client.ts'
import { dynamicModules } from './dynamic-modules.ts'
import { startOp } from './op.ts'
import { type Entry, leftOut, leftOutBy, runPlan, tested, withFailures } from './plan.ts'
import { checkRefreshing } from './refresh.ts'

const BY_REFERENCE = leftOut(
  'the plan fails it: request objects are taken by value or pushed, so that nobody has this server call an address',
)

/** Why the plan cannot be passed whole: what OpenID Connect Core 1.0 §15.2 demands of a Dynamic OP, and OAuth 2.1 forbids. */
const WITHOUT_IMPLICIT = {
  OIDCCCheckDiscEndpointResponseTypesSupportedDynamic:
    'there are no response types id_token and id_token token',
  OIDCCCheckDiscEndpointGrantTypesSupportedDynamic: 'there is no grant type implicit',
}

/** Whole, in the order of the plan, as it is run with response_type=code. */
function modules(application: () => Application): Readonly<Record<string, Entry>> {
  const dynamic = dynamicModules(application)
  return {
    'oidcc-idtoken-rs256': tested(dynamic.idTokenRs256),
    'oidcc-idtoken-unsigned': leftOutBy('ID tokens are always signed', signsIdTokens),
    'oidcc-userinfo-rs256': tested(dynamic.userinfoRs256),
    'oidcc-ensure-redirect-uri-in-authorization-request': tested(dynamic.redirectUriMissing),
    'oidcc-redirect-uri-query-OK': tested(dynamic.redirectUriQuery),
    'oidcc-redirect-uri-query-mismatch': tested(dynamic.redirectUriQueryMismatch),
    'oidcc-redirect-uri-query-added': tested(dynamic.redirectUriQueryAdded),
    'oidcc-redirect-uri-regfrag': tested(dynamic.redirectUriFragment),
    'oidcc-discovery-endpoint-verification': withFailures(dynamic.discovery, WITHOUT_IMPLICIT),
    'oidcc-server': tested(dynamic.server),
    'oidcc-registration-logo-uri': tested(dynamic.logoUri),
    'oidcc-registration-policy-uri': tested(dynamic.policyUri),
    'oidcc-registration-tos-uri': tested(dynamic.tosUri),
    'oidcc-registration-jwks-uri': tested(dynamic.jwksUri),
    'oidcc-registration-sector-uri': tested(dynamic.sectorIdentifier),
    'oidcc-registration-sector-bad': tested(dynamic.badSectorIdentifier),
    'oidcc-server-rotate-keys': tested(dynamic.rotateKeys),
    'oidcc-refresh-token-rp-key-rotation': tested(dynamic.clientKeyRotation),
    'oidcc-request-uri-unsigned': BY_REFERENCE,
    'oidcc-request-uri-signed-rs256': BY_REFERENCE,
    'oidcc-ensure-request-object-with-redirect-uri': leftOutBy(
      'request objects are always signed',
      signsRequestObjects,
    ),
    'oidcc-refresh-token': tested((run) =>
      withClient(run, { grant_types: REFRESHING }, (client) =>
        withClient(run, { grant_types: REFRESHING }, (client2) => checkRefreshing(run, client, client2)),
      ),
    ),
    'oidcc-ensure-client-assertion-with-iss-aud-succeeds': tested(dynamic.issuerAsAudience),
  }
}

runPlan<Application>('oidcc-dynamic-certification-test-plan', {
  async start() {
    const application = startApplication()
    const op = await startOp({ trusts: TEST_TLS_CERTIFICATE, env: { OIDC_DYNAMIC_REGISTRATION: 'open' } })
    const dispose = async () => {
      await op[Symbol.asyncDispose]()
      await application[Symbol.asyncDispose]()
    }
    return { op: { ...op, [Symbol.asyncDispose]: dispose }, place: application }
  },
  modules,
})
