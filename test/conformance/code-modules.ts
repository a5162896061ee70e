import { expect } from 'bun:test'
import { checkErrorCallback, checkErrorPage } from './callback.ts'
import { checkInvalidGrant, isRefusal, jsonOf } from './endpoint.ts'
import { complete, exchangeAgain, type Flow, signIn, userinfoOf } from './flow.ts'
import { checkHashes, checkStandardClaims, SCOPE_CLAIMS, uninvitedClaims } from './id-token.ts'
import { goOn, open } from './person.ts'
import type { Module, Run } from './plan.ts'
import { checkRefreshing } from './refresh.ts'
import { type Parameters, type RelyingParty, requestOf, withPkce } from './request.ts'

/** The applications of the plan's configuration. */
export interface Clients {
  readonly client: RelyingParty
  readonly client2: RelyingParty
  readonly clientSecretPost: RelyingParty
}

/** Modules that sign in once, of OIDCCBasicTestPlan and of its form_post twin. */
export const codeModules = (clients: () => Clients) => {
  const flow = (run: Run, given?: Parameters) => signIn(run, clients().client, given)
  /** The parameter is understood, or at least not in the way. */
  const accepts =
    (given: (run: Run) => Parameters): Module =>
    async (run) => {
      await flow(run, given(run))
    }

  const scope =
    (name: string): Module =>
    async (run) => {
      const asked = { scope: `openid ${name}` }
      await checkReturned(run, await flow(run, asked), asked.scope)
    }

  const scopeEmail = async (run: Run, signedIn: Flow) => {
    run.warn('EnsureIdTokenDoesNotContainName', signedIn.idToken.name === undefined)
    run.warn('EnsureIdTokenDoesNotContainEmailForScopeEmail', signedIn.idToken.email === undefined)
    const userinfo = await checkReturned(run, signedIn, 'openid email')
    run.warn('EnsureUserInfoDoesNotContainName', userinfo.name === undefined)
  }

  return {
    async server(run: Run) {
      const { idToken, tokens, code } = await flow(run)
      checkHashes(idToken, { accessToken: tokens.access_token, code })
      run.warn('EnsureIdTokenDoesNotContainName', idToken.name === undefined)
      run.warn(
        'EnsureIdTokenDoesNotContainNonRequestedClaims',
        uninvitedClaims(idToken, 'openid').length === 0,
      )
    },

    async responseTypeMissing(run: Run) {
      const rp = clients().client
      const request = requestOf(run, rp, { response_type: undefined })
      const errors = ['invalid_request', 'unsupported_response_type']
      checkErrorCallback(run, rp, { request, landing: await open(run, request.url), errors })
    },

    async idTokenSignature(run: Run) {
      const { tokens } = await flow(run)
      const [header = ''] = (tokens.id_token ?? '').split('.')
      const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
      expect([alg, kid]).toEqual(['RS256', expect.any(String)])
    },

    async userinfoGet(run: Run) {
      const { tokens, idToken } = await flow(run)
      await checkUserinfo(await userinfoOf(run.op, tokens.access_token), idToken.sub)
    },

    async userinfoPostHeader(run: Run) {
      const { tokens, idToken } = await flow(run)
      await checkUserinfo(await userinfoOf(run.op, tokens.access_token, 'POST'), idToken.sub)
    },

    async userinfoPostBody(run: Run) {
      const { tokens, idToken } = await flow(run)
      const body = new URLSearchParams({ access_token: tokens.access_token })
      const response = await run.op.send(run.op.as.userinfo_endpoint ?? '', { method: 'POST', body })
      run.warn('UserInfoEndpointWithAccessTokenInBodyNotSupported', response.ok)
      await checkUserinfo(response, idToken.sub)
    },

    requestWithoutNonce: accepts(() => ({ nonce: undefined })),

    scope,
    scopeEmail: async (run: Run) => scopeEmail(run, await flow(run, { scope: 'openid email' })),

    /** The scope and the parameters in another order: neither means anything. RFC 6749 §3.3 */
    async alternateHappyFlow(run: Run) {
      const rp = clients().client
      const request = requestOf(run, rp, { scope: 'email openid' })
      request.url.search = new URLSearchParams(Object.entries(request.parameters).reverse()).toString()
      await scopeEmail(run, await complete(run, rp, request, await open(run, request.url)))
    },

    displayPage: accepts(() => ({ display: 'page' })),
    displayPopup: accepts(() => ({ display: 'popup' })),
    unknownParameter: accepts(() => ({ extra: 'foobar' })),
    loginHint: accepts(({ op }) => ({ login_hint: op.person.email })),
    uiLocales: accepts(() => ({ ui_locales: 'se' })),
    claimsLocales: accepts(() => ({ claims_locales: 'se' })),

    async acrValues(run: Run) {
      const supported = run.op.as.acr_values_supported ?? []
      const { idToken } = await flow(run, { acr_values: supported.join(' ') })
      run.warn(
        'ValidateIdTokenACRClaimAgainstAcrValuesRequest',
        supported.some((acr) => acr === idToken.acr),
      )
    },

    async codeReuse(run: Run) {
      await checkInvalidGrant(await exchangeAgain(run.op, clients().client, await flow(run)))
    },

    async codeReuseAfter30Seconds(run: Run) {
      const signedIn = await flow(run)
      run.op.t.clock.advance(30)
      await checkInvalidGrant(await exchangeAgain(run.op, clients().client, signedIn))
      const userinfo = await userinfoOf(run.op, signedIn.tokens.access_token)
      run.warn('EnsureHttpStatusCodeIs4xx', isRefusal(userinfo))
    },

    async registeredRedirectUri(run: Run) {
      const { client } = clients()
      const elsewhere = `${client.redirectUri}/${crypto.randomUUID()}`
      const { url } = requestOf(run, client, { redirect_uri: elsewhere })
      checkErrorPage(run, await open(run, url), /redirect|address/i)
    },

    /** By a form of the application's site: cookies that are SameSite=Lax do not come along. */
    async postRequest(run: Run) {
      const rp = clients().client
      const { url, parameters, verifier } = requestOf(run, rp)
      const origin = new URL(rp.redirectUri).origin
      const page = await run.browser.form(url.pathname, { ...parameters }, { origin })
      await complete(run, rp, { url, parameters, verifier }, await goOn(run, page))
    },

    async clientSecretPost(run: Run) {
      await signIn(run, clients().clientSecretPost)
    },

    async claimsEssential(run: Run) {
      const claims = JSON.stringify({ userinfo: { name: { essential: true } } })
      const signedIn = await flow(run, { claims })
      const userinfo = await checkReturned(run, signedIn, 'openid')
      run.warn('EnsureUserInfoContainsName', userinfo.name === run.op.person.user.fullName)
      run.warn('EnsureIdTokenDoesNotContainName', signedIn.idToken.name === undefined)
    },

    async pkce(run: Run) {
      const { client } = clients()
      const request = withPkce(run, client)
      await complete(run, client, request, await open(run, request.url))
    },

    async refreshToken(run: Run) {
      const { client, client2 } = clients()
      await checkRefreshing(run, client, client2)
    },
  }
}

async function checkUserinfo(response: Response, subject: unknown): Promise<Record<string, unknown>> {
  const claims = await jsonOf(response)
  expect(claims.sub).toBe(subject)
  checkStandardClaims(claims)
  return claims
}

/** What was asked for by scope is told at the userinfo endpoint. Core §5.4 */
async function checkReturned(
  run: Run,
  { tokens, idToken }: Flow,
  scope: string,
): Promise<Record<string, unknown>> {
  const claims = await checkUserinfo(await userinfoOf(run.op, tokens.access_token), idToken.sub)
  const expected = scope.split(' ').flatMap((name) => SCOPE_CLAIMS[name] ?? [])
  run.warn(
    'VerifyScopesReturnedInUserInfoClaims',
    expected.every((name) => name in claims),
  )
  return claims
}
