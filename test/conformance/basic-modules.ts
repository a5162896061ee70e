import * as oauth from 'oauth4webapi'
import { type Clients, codeModules } from './code-modules.ts'
import type { Op } from './op.ts'
import { type Entry, leftOutBy, tested, withWarnings } from './plan.ts'
import { sessionModules } from './session-modules.ts'

/** The modules of OIDCCBasicTestPlan, which the form_post plan has, too: whole, in the order of the plan. */
export function basicModules(clients: () => Clients): Readonly<Record<string, Entry>> {
  const code = codeModules(clients)
  const session = sessionModules(clients)
  return {
    'oidcc-server': tested(code.server),
    'oidcc-response-type-missing': tested(code.responseTypeMissing),
    'oidcc-idtoken-signature': tested(code.idTokenSignature),
    'oidcc-idtoken-unsigned': leftOutBy('ID tokens are always signed', signsIdTokens),
    'oidcc-userinfo-get': tested(code.userinfoGet),
    'oidcc-userinfo-post-header': tested(code.userinfoPostHeader),
    'oidcc-userinfo-post-body': tested(code.userinfoPostBody),
    'oidcc-ensure-request-without-nonce-succeeds-for-code-flow': tested(code.requestWithoutNonce),
    'oidcc-scope-profile': withWarnings(code.scope('profile'), FEWER_CLAIMS),
    'oidcc-scope-email': withWarnings(code.scopeEmail, EMAIL_IN_ID_TOKEN),
    'oidcc-scope-address': leftOutBy('there is no scope address', lacksScope('address')),
    'oidcc-scope-phone': leftOutBy('there is no scope phone', lacksScope('phone')),
    'oidcc-scope-all': leftOutBy(
      'there is no scope address and no scope phone',
      lacksScope('address', 'phone'),
    ),
    'oidcc-alternate-happy-flow': withWarnings(code.alternateHappyFlow, EMAIL_IN_ID_TOKEN),
    'oidcc-display-page': tested(code.displayPage),
    'oidcc-display-popup': tested(code.displayPopup),
    'oidcc-prompt-login': tested(session.promptLogin),
    'oidcc-prompt-none-not-logged-in': tested(session.promptNoneNotLoggedIn),
    'oidcc-prompt-none-logged-in': tested(session.promptNoneLoggedIn),
    'oidcc-max-age-1': tested(session.maxAge1),
    'oidcc-max-age-10000': tested(session.maxAge10000),
    'oidcc-ensure-request-with-unknown-parameter-succeeds': tested(code.unknownParameter),
    'oidcc-id-token-hint': tested(session.idTokenHint),
    'oidcc-login-hint': tested(code.loginHint),
    'oidcc-ui-locales': tested(code.uiLocales),
    'oidcc-claims-locales': tested(code.claimsLocales),
    'oidcc-ensure-request-with-acr-values-succeeds': tested(code.acrValues),
    'oidcc-codereuse': tested(code.codeReuse),
    'oidcc-codereuse-30seconds': tested(code.codeReuseAfter30Seconds),
    'oidcc-ensure-registered-redirect-uri': tested(code.registeredRedirectUri),
    'oidcc-ensure-post-request-succeeds': tested(code.postRequest),
    'oidcc-server-client-secret-post': tested(code.clientSecretPost),
    'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported': leftOutBy(
      'request objects are always signed',
      signsRequestObjects,
    ),
    'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported': leftOutBy(
      'request objects are always signed',
      signsRequestObjects,
    ),
    'oidcc-claims-essential': tested(code.claimsEssential),
    'oidcc-ensure-request-object-with-redirect-uri': leftOutBy(
      'request objects are always signed',
      signsRequestObjects,
    ),
    'oidcc-refresh-token': tested(code.refreshToken),
    'oidcc-ensure-request-with-valid-pkce-succeeds': tested(code.pkce),
  }
}

export async function basicClients(op: Op): Promise<Clients> {
  const [client, client2, other] = await Promise.all([op.register(), op.register(), op.register()])
  return {
    client,
    client2,
    clientSecretPost: { ...other, authentication: oauth.ClientSecretPost(other.secret) },
  }
}

const FEWER_CLAIMS = {
  VerifyScopesReturnedInUserInfoClaims: 'the profile of a person has name, picture and locale, and no more',
}

const EMAIL_IN_ID_TOKEN = {
  EnsureIdTokenDoesNotContainEmailForScopeEmail:
    'many applications look for it in the ID token and nowhere else',
}

export const signsIdTokens = (as: oauth.AuthorizationServer): boolean =>
  as.id_token_signing_alg_values_supported !== undefined &&
  !listed(as.id_token_signing_alg_values_supported).includes('none')

export const signsRequestObjects = (as: oauth.AuthorizationServer): boolean =>
  as.request_object_signing_alg_values_supported !== undefined &&
  !listed(as.request_object_signing_alg_values_supported).includes('none')

const lacksScope =
  (...names: string[]) =>
  (as: oauth.AuthorizationServer): boolean =>
    names.every((name) => !listed(as.scopes_supported).includes(name))

const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
