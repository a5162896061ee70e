import * as oidc from 'openid-client'
import { freePort } from '../support/programs.ts'

export interface RelyingPartyClient {
  readonly id: string
  /** What authenticates it; openid-client's default is `client_secret_post`. */
  readonly metadata?: Partial<oidc.ClientMetadata>
  readonly authentication?: oidc.ClientAuth
}

/** How the application asks, beyond issuer, id and secret. */
export interface Manner {
  readonly scope?: string
  readonly responseMode?: 'form_post'
  readonly isPushed?: boolean
  readonly hasDpop?: boolean
  readonly parameters?: Readonly<Record<string, string>>
}

export interface SignedIn {
  readonly tokens: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers
  readonly dpop: oidc.DPoPHandle | undefined
}

/**
 * A web application built on openid-client: `/login` sends the browser to the issuer, `/callback` takes the answer and
 * leads on to another origin, as applications do whose pages are elsewhere than their server.
 */
export function startRelyingParty() {
  const [port, pagesPort] = [freePort(), freePort()]
  const url = `http://localhost:${port}`
  const pagesUrl = `http://127.0.0.1:${pagesPort}`
  let begin: () => Promise<URL> = () => Promise.reject(new Error('Nobody has said how to sign in'))
  let finish: (request: Request) => Promise<void> = () => Promise.reject(new Error('Nothing has begun'))
  const html = (text: string) =>
    new Response(`<!doctype html><title>App</title><h1>${text}</h1>`, {
      headers: { 'content-type': 'text/html; charset=utf-8' },
    })
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    async fetch(request) {
      switch (new URL(request.url).pathname) {
        case '/login':
          return Response.redirect((await begin()).href, 302)
        case '/callback':
          return finish(request).then(
            () => Response.redirect(`${pagesUrl}/home`, 303),
            (error: Error & { error?: string }) => html(`Failed: ${error.error ?? error.message}`),
          )
        case '/bye':
          return html('Bye')
        default:
          return html('Start')
      }
    },
  })
  const pages = Bun.serve({
    hostname: '127.0.0.1',
    port: pagesPort,
    fetch: () => html('Home of the application'),
  })
  return {
    url,
    callback: `${url}/callback`,
    goodbye: `${url}/bye`,
    /** Sets the application up; what it has been told is there once a person has come back. */
    async configure(issuer: string, client: RelyingPartyClient, manner: Manner = {}) {
      const config = await oidc.discovery(
        new URL(issuer),
        client.id,
        client.metadata,
        client.authentication,
        {
          execute: [oidc.allowInsecureRequests],
        },
      )
      const { promise, resolve } = Promise.withResolvers<SignedIn>()
      const verifier = oidc.randomPKCECodeVerifier()
      const [state, nonce] = [oidc.randomState(), oidc.randomNonce()]
      const dpop = manner.hasDpop
        ? oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'))
        : undefined
      begin = async () => {
        const parameters = {
          redirect_uri: `${url}/callback`,
          scope: manner.scope ?? 'openid profile email',
          code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
          state,
          nonce,
          ...(manner.responseMode && { response_mode: manner.responseMode }),
          ...manner.parameters,
        }
        return manner.isPushed
          ? oidc.buildAuthorizationUrlWithPAR(config, parameters, dpop && { DPoP: dpop })
          : oidc.buildAuthorizationUrl(config, parameters)
      }
      finish = async (request) => {
        const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }
        const tokens = await oidc.authorizationCodeGrant(
          config,
          request,
          checks,
          undefined,
          dpop && { DPoP: dpop },
        )
        resolve({ tokens, dpop })
      }
      return { config, signedIn: promise }
    },
    async [Symbol.asyncDispose]() {
      await server.stop(true)
      await pages.stop(true)
    },
  }
}

export type RelyingParty = ReturnType<typeof startRelyingParty>
