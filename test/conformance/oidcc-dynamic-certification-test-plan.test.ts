import { RESPONSE_TYPES, type ResponseType } from '../../src/protocol/oauth/index.ts'
import { TEST_TLS_CERTIFICATE } from '../support/tls.ts'
import { type Application, startApplication } from './application.ts'
import { signsIdTokens, signsRequestObjects } from './basic-modules.ts'
import { REFRESHING, withClient } from './dynamic-client.ts'
import { dynamicModules } from './dynamic-modules.ts'
import { startOp } from './op.ts'
import { type Entry, leftOut, leftOutBy, runPlan, tested } from './plan.ts'
import { checkRefreshing } from './refresh.ts'

const NO_CODES = leftOut('it is for response types with a code')

/** Whole, in the order of the plan. */
function modules(
  application: () => Application,
  responseType: ResponseType,
): Readonly<Record<string, Entry>> {
  const ofCodes = (entry: Entry): Entry => (responseType === 'code' ? entry : NO_CODES)
  const dynamic = dynamicModules(application)
  return {
    'oidcc-idtoken-rs256': tested(dynamic.idTokenRs256),
    'oidcc-idtoken-unsigned': ofCodes(leftOutBy('ID tokens are always signed', signsIdTokens)),
    'oidcc-userinfo-rs256':
      responseType === 'id_token'
        ? leftOut('it is for response types with an access token')
        : tested(dynamic.userinfoRs256),
    'oidcc-ensure-redirect-uri-in-authorization-request': tested(dynamic.redirectUriMissing),
    'oidcc-redirect-uri-query-OK': tested(dynamic.redirectUriQuery),
    'oidcc-redirect-uri-query-mismatch': tested(dynamic.redirectUriQueryMismatch),
    'oidcc-redirect-uri-query-added': tested(dynamic.redirectUriQueryAdded),
    'oidcc-redirect-uri-regfrag': tested(dynamic.redirectUriFragment),
    'oidcc-discovery-endpoint-verification': tested(dynamic.discovery),
    'oidcc-server': tested(dynamic.server),
    'oidcc-registration-logo-uri': tested(dynamic.logoUri),
    'oidcc-registration-policy-uri': tested(dynamic.policyUri),
    'oidcc-registration-tos-uri': tested(dynamic.tosUri),
    'oidcc-registration-jwks-uri': ofCodes(tested(dynamic.jwksUri)),
    'oidcc-registration-sector-uri': tested(dynamic.sectorIdentifier),
    'oidcc-registration-sector-bad': tested(dynamic.badSectorIdentifier),
    'oidcc-server-rotate-keys': tested(dynamic.rotateKeys),
    'oidcc-refresh-token-rp-key-rotation': ofCodes(tested(dynamic.clientKeyRotation)),
    'oidcc-request-uri-unsigned': leftOutBy(
      'request objects are signed unless the client registers otherwise',
      signsRequestObjects,
    ),
    'oidcc-request-uri-signed-rs256': tested(dynamic.requestUriSigned),
    'oidcc-ensure-request-object-with-redirect-uri': leftOutBy(
      'request objects are always signed',
      signsRequestObjects,
    ),
    'oidcc-refresh-token': ofCodes(
      tested((run) =>
        withClient(run, { grant_types: REFRESHING }, (client) =>
          withClient(run, { grant_types: REFRESHING }, (client2) => checkRefreshing(run, client, client2)),
        ),
      ),
    ),
    'oidcc-ensure-client-assertion-with-iss-aud-succeeds': tested(dynamic.issuerAsAudience),
  }
}

/** The one of codes is enough for a certification; the suite offers the others, too. */
for (const responseType of RESPONSE_TYPES) {
  runPlan<Application>(`oidcc-dynamic-certification-test-plan[response_type=${responseType}]`, {
    responseType,
    async start() {
      const application = startApplication()
      const op = await startOp({
        trusts: TEST_TLS_CERTIFICATE,
        env: { OIDC_DYNAMIC_REGISTRATION: 'open', OIDC_DYNAMIC_PROFILE: 'true' },
      })
      const dispose = async () => {
        await op[Symbol.asyncDispose]()
        await application[Symbol.asyncDispose]()
      }
      return { op: { ...op, [Symbol.asyncDispose]: dispose }, place: application }
    },
    modules: (place) => modules(place, responseType),
  })
}
