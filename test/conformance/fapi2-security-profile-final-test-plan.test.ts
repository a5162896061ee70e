import { describe } from 'bun:test'
import { testDialects } from '../support/databases.ts'
import { type FapiClients, fapiClients } from './fapi-client.ts'
import { fapiDpopModules } from './fapi-dpop-modules.ts'
import { fapiRequestModules } from './fapi-request-modules.ts'
import { fapiTokenModules } from './fapi-token-modules.ts'
import { startOp } from './op.ts'
import { type Entry, leftOut, runPlan, tested } from './plan.ts'

const ofProfile = (name: string) => leftOut(`it is for the profile ${name}, and plain_fapi is run`)
const OTHER = {
  cdr: ofProfile('consumerdataright_au'),
  brazil: ofProfile('openbanking_brazil'),
  connectId: ofProfile('connectid_au'),
  grants: leftOut('it is for grant_management=enabled, which the discovery document does not offer'),
}

/**
 * FAPI2SPFinalTestPlan as it is run here: client_auth_type=private_key_jwt, sender_constrain=dpop,
 * fapi_profile=plain_fapi, openid=openid_connect, authorization_request_type=simple. Whole, in the order of the plan,
 * which itself leaves out what needs signed request objects.
 */
function modules(clients: () => FapiClients): Readonly<Record<string, Entry>> {
  const request = fapiRequestModules(clients)
  const token = fapiTokenModules(clients)
  const dpop = fapiDpopModules(clients)
  const named: Readonly<Record<string, Entry>> = {
    'discovery-end-point-verification': tested(request.discovery),
    'happy-flow': tested(request.happyFlow),
    'user-rejects-authentication': tested(request.userRejects),
    'ensure-authorization-request-without-state-success': tested(request.withoutState),
    'ensure-authorization-request-without-nonce-success': tested(request.withoutNonce),
    'ensure-authorization-request-with-64-char-nonce-success': tested(request.nonceOf64),
    'ensure-other-scope-order-succeeds': tested(request.otherScopeOrder),
    'test-claims-parameter-identity-claims': tested(request.claimsParameter),
    'access-token-type-header-case-sensitivity': tested(dpop.schemeInOtherCase),
    'check-dpop-proof-nbf-exp': tested(dpop.notBeforeAndExpiry),
    'ensure-dpopproof-with-iat-10seconds-before-succeeds': tested(dpop.tenSecondsBefore),
    'ensure-dpopproof-with-iat-10seconds-after-succeeds': tested(dpop.tenSecondsAfter),
    'ensure-mismatched-dpop-jkt-fails': tested(request.mismatchedJkt),
    'ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt': tested(dpop.otherProofAtTokenEndpoint),
    'ensure-token-endpoint-fails-with-mismatched-dpop-jkt': tested(dpop.otherThumbprintAtTokenEndpoint),
    'ensure-dpopproof-at-par-endpoint-binding-success': tested(dpop.proofAtPar),
    'ensure-dpop-auth-code-binding-success': tested(dpop.codeBinding),
    'ensure-different-nonce-inside-and-outside-request-object': tested(request.differentNonce),
    'ensure-different-state-inside-and-outside-request-object': tested(request.differentState),
    'ensure-authorization-request-with-long-nonce': tested(request.longNonce),
    'ensure-authorization-request-with-long-state': tested(request.longState),
    'state-only-outside-request-object-not-used': tested(request.stateOnlyOutside),
    'ensure-request-object-without-redirect-uri-fails': tested(request.withoutRedirectUri),
    'ensure-registered-redirect-uri': leftOut('plain_fapi has the module that tolerates another one instead'),
    'plain-fapi-tolerate-unregistered-redirect-uri': tested(request.unregisteredRedirectUri),
    'ensure-unsigned-authorization-request-without-using-par-fails': tested(request.withoutPar),
    'ensure-redirect-uri-in-authorization-request': tested(request.redirectUriRequired),
    'ensure-response-type-code-idtoken-fails': tested(request.responseTypeCodeIdToken),
    'australia-connectid-ensure-invalid-purpose-fails': OTHER.connectId,
    'ensure-response-type-token-fails': tested(request.responseTypeToken),
    'ensure-client-id-in-token-endpoint': tested(token.clientIdOfAnother),
    'ensure-holder-of-key-required': tested(token.holderOfKeyRequired),
    'ensure-authorization-code-is-bound-to-client': tested(token.codeBoundToClient),
    'attempt-reuse-authorization-code-after-one-second': tested(token.codeReuse),
    'ensure-token-endpoint-fails-with-expired-auth-code': tested(token.expiredCode),
    'ensure-signed-client-assertion-with-RS256-fails': tested(token.signedWithRs256),
    'ensure-client-assertion-in-token-endpoint': tested(token.assertionRequired),
    'ensure-client-assertion-with-exp-is-5-minutes-in-past-fails': tested(token.expiredAssertion),
    'ensure-client-assertion-with-wrong-aud-fails': tested(token.wrongAudience),
    'ensure-client-assertion-with-no-sub-fails': tested(token.withoutSubject),
    'ensure-invalid-client-assertions-fail': tested(token.invalidAssertions),
    'dpop-negative-tests': tested(dpop.negative),
    'refresh-token': tested(token.refreshToken),
    'cdr-sharing-duration-zero': OTHER.cdr,
    'cdr-negative-sharing-duration': OTHER.cdr,
    'cdr-refresh-token-introspection-expiry': OTHER.cdr,
    'cdr-arrangement-amendment': OTHER.cdr,
    'cdr-unrecognised-arrangement-id': OTHER.cdr,
    'brazil-ensure-bad-payment-signature-fails': OTHER.brazil,
    'australia-connectid-test-claims-parameter-idtoken-identity-claims': OTHER.connectId,
    'par-ensure-reused-request-uri-prior-to-auth-completion-succeeds': tested(request.reusedBeforeCompletion),
    'par-attempt-reuse-request_uri': tested(request.reusedAfterwards),
    'par-attempt-to-use-expired-request_uri': tested(request.expiredRequestUri),
    'par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted': tested(
      token.eightSecondsAhead,
    ),
    'par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails': tested(
      token.seventySecondsAhead,
    ),
    'par-attempt-to-use-request_uri-for-different-client': tested(request.requestUriOfAnother),
    'par-authorization-request-containing-request_uri-form-param': tested(request.requestUriInForm),
    'par-attempt-invalid-http-method': tested(request.invalidHttpMethod),
    'par-ensure-pkce-required': tested(request.pkceRequired),
    'ensure-pkce-code-verifier-required': tested(token.verifierRequired),
    'incorrect-pkce-code-verifier-rejected': tested(token.wrongVerifier),
    'par-plain-pkce-rejected': tested(request.plainPkce),
    'par-without-duplicate-parameters': tested(request.withoutDuplicates),
    'par-test-array-as-audience-fails': tested(token.arrayAudience),
    'par-test-par-endpoint-url-as-audience-fails': tested(token.parAudience),
    'par-test-token-endpoint-url-as-audience-fails': tested(token.tokenAudience),
    'grant-management-query-and-revoke': OTHER.grants,
    'grant-management-merge': OTHER.grants,
    'grant-management-replace': OTHER.grants,
    'grant-management-ensure-invalid-grant-id-fails': OTHER.grants,
    'grant-management-ensure-query-nonexistent-grant-fails': OTHER.grants,
    'grant-management-ensure-wrong-client-cannot-query-grant': OTHER.grants,
    'grant-management-ensure-wrong-client-cannot-revoke-grant': OTHER.grants,
  }
  return Object.fromEntries(
    Object.entries(named).map(([name, entry]) => [`fapi2-security-profile-final-${name}`, entry]),
  )
}

/** Those about proofs, as `modules` has them, once more with a key of the other kind that the profile allows. */
function proofModules(clients: () => FapiClients): Readonly<Record<string, Entry>> {
  const dpop = fapiDpopModules(clients)
  return Object.fromEntries(Object.entries(dpop).map(([name, module]) => [name, tested(module)]))
}

describe.each(testDialects)('on $name', (dialect) => {
  runPlan('fapi2-security-profile-final-test-plan', {
    async start() {
      const op = await startOp({ dialect })
      return { op, place: await fapiClients(op) }
    },
    modules,
  })

  runPlan('fapi2-security-profile-final-test-plan, the DPoP modules with PS256', {
    async start() {
      const op = await startOp({ dialect })
      return { op, place: await fapiClients(op, 'PS256') }
    },
    modules: proofModules,
  })
})
