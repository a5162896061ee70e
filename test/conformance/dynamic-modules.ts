import { expect } from 'bun:test'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import { SYSTEM, silentLog } from '../../src/kernel/index.ts'
import { parsePage } from '../pages/document.ts'
import type { Application } from './application.ts'
import { checkErrorPage } from './callback.ts'
import { verifyDiscovery } from './discovery-modules.ts'
import { authenticationBy, makeKey, metadataOf, REFRESHING, register, withClient } from './dynamic-client.ts'
import { checkJsonError } from './endpoint.ts'
import { complete, signIn, userinfoOf } from './flow.ts'
import { jwksOf } from './id-token.ts'
import { open } from './person.ts'
import type { Module, Run } from './plan.ts'
import { refresh } from './refresh.ts'
import { CALLBACK, requestOf } from './request.ts'

const KEY_SET = { headers: { 'content-type': 'application/jwk-set+json' } }

/** Modules about what clients register of themselves. */
export const dynamicModules = (application: () => Application) => {
  /** The person sees it on their way, before the application learns who they are. Registration §2 */
  const shows =
    (member: string, value: string, tag: 'img' | 'a'): Module =>
    async (run) => {
      await withClient(run, { [member]: value }, async (client) => {
        const pages: string[] = []
        const watched = { ...run, browser: run.op.browser() }
        const first = await open(watched, requestOf(run, client).url, { waitsAt: '/login' })
        if (first.kind === 'page') pages.push(first.page.text)
        const consent = await open(watched, requestOf(run, client).url, { waitsAt: '/consent' })
        if (consent.kind === 'page') pages.push(consent.page.text)
        const found = pages.flatMap((text) => parsePage(text).all(tag))
        const addresses = found.map(({ attributes }) => attributes.get(tag === 'img' ? 'src' : 'href'))
        expect(addresses).toContain(value)
      })
    }

  const withQuery = `${CALLBACK}?foo=bar`
  /** An address that is not the registered one to the letter. Core §3.1.2.1 */
  const mismatch =
    (registered: string, asked: string | undefined): Module =>
    async (run) => {
      await withClient(run, { redirect_uris: [registered] }, async (client) => {
        const { url } = requestOf(run, client, { redirect_uri: asked })
        checkErrorPage(run, await open(run, url), /redirect|address/i)
      })
    }

  return {
    async discovery(run: Run) {
      await verifyDiscovery(run)
      const { response_types_supported: types, grant_types_supported: grants } = run.op.as
      expect(types).toEqual(expect.arrayContaining(['code', 'id_token', 'id_token token']))
      expect(grants).toEqual(expect.arrayContaining(['authorization_code', 'implicit']))
    },

    async server(run: Run) {
      await withClient(run, {}, (client) => signIn(run, client))
    },

    async idTokenRs256(run: Run) {
      await withClient(run, { id_token_signed_response_alg: 'RS256' }, async (client) => {
        const { tokens } = await signIn(run, client)
        expect(decodeProtectedHeader(tokens.id_token ?? '').alg).toBe('RS256')
      })
    },

    async userinfoRs256(run: Run) {
      await withClient(run, { userinfo_signed_response_alg: 'RS256' }, async (client) => {
        const { tokens, idToken } = await signIn(run, client)
        const response = await userinfoOf(run.op, tokens.access_token)
        expect(response.headers.get('content-type')).toStartWith('application/jwt')
        const keys = createLocalJWKSet(await jwksOf(run.op))
        const expected = { algorithms: ['RS256'], currentDate: run.op.t.clock.now() }
        const { payload } = await jwtVerify(await response.text(), keys, expected)
        expect(payload.sub).toBe(String(idToken.sub))
        expect(payload.nonce).toBeUndefined()
        run.warn(
          'ValidateSignedUserInfoResponseStandardJWTClaims',
          payload.iss === run.op.as.issuer && [payload.aud].flat().includes(client.id),
        )
      })
    },

    async redirectUriMissing(run: Run) {
      await withClient(run, { redirect_uris: [CALLBACK, `${CALLBACK}/second`] }, async (client) => {
        const { url } = requestOf(run, client, { redirect_uri: undefined })
        checkErrorPage(run, await open(run, url), /redirect|address|request/i)
      })
    },

    async redirectUriQuery(run: Run) {
      await withClient(run, { redirect_uris: [withQuery] }, (client) => signIn(run, client))
    },
    redirectUriQueryMismatch: mismatch(withQuery, `${CALLBACK}?foo=baz`),
    redirectUriQueryAdded: mismatch(CALLBACK, withQuery),

    async redirectUriFragment(run: Run) {
      const metadata = metadataOf(run, await makeKey(), { redirect_uris: [`${CALLBACK}#foobar`] })
      const errors = ['invalid_redirect_uri', 'invalid_client_metadata']
      await checkJsonError(await register(run, metadata), { status: [400], errors })
    },

    logoUri: shows('logo_uri', 'https://www.certification.openid.net/images/openid.png', 'img'),
    policyUri: shows('policy_uri', 'https://openid.net/wordpress-content/policy', 'a'),
    tosUri: shows('tos_uri', 'https://openid.net/certification/terms', 'a'),

    async jwksUri(run: Run) {
      const { documents, url } = application()
      const key = await makeKey()
      documents['/client1_jwks'] = () => new Response(JSON.stringify({ keys: [key.publicJwk] }), KEY_SET)
      await withClient(run, { jwks: undefined, jwks_uri: url('/client1_jwks') }, (client) =>
        signIn(run, { ...client, authentication: authenticationBy(run, key) }),
      )
    },

    async sectorIdentifier(run: Run) {
      const { documents, url } = application()
      documents['/redirect_uris.json'] = () => Response.json([CALLBACK, 'https://other.example/callback'])
      const sector = { subject_type: 'pairwise', sector_identifier_uri: url('/redirect_uris.json') }
      await withClient(run, sector, async () => {})
    },

    async badSectorIdentifier(run: Run) {
      const { documents, url } = application()
      documents['/redirect_uris.json'] = () => Response.json(['https://other.example/callback'])
      const sector = { subject_type: 'pairwise', sector_identifier_uri: url('/redirect_uris.json') }
      const response = await register(run, metadataOf(run, await makeKey(), sector))
      await checkJsonError(response, { status: [400], errors: ['invalid_client_metadata'] })
    },

    /** The administrator rotates them, as `authy2 keys rotate signing` does. */
    async rotateKeys({ op, warn }: Run) {
      const before = (await jwksOf(op)).keys.map(({ kid }) => kid)
      await op.t.deps.signingKeys.rotate({ actor: SYSTEM, log: silentLog })
      const after = (await jwksOf(op)).keys.map(({ kid }) => kid)
      expect(after.filter((kid) => !before.includes(kid))).not.toEqual([])
      warn(
        'VerifyNewJwksStillHasOldSigningKey',
        before.every((kid) => after.includes(kid)),
      )
    },

    /** A refresh token is the client's, by whichever of its keys. */
    async clientKeyRotation(run: Run) {
      const { op } = run
      const { documents, url } = application()
      let key = await makeKey()
      documents['/rotated_jwks'] = () => new Response(JSON.stringify({ keys: [key.publicJwk] }), KEY_SET)
      const refreshing = { jwks: undefined, jwks_uri: url('/rotated_jwks'), grant_types: REFRESHING }
      await withClient(run, refreshing, async (client) => {
        const given = { scope: 'openid offline_access', prompt: 'consent' }
        const { tokens } = await signIn(run, { ...client, authentication: authenticationBy(run, key) }, given)
        key = await makeKey()
        op.t.clock.advance(60) // the suite's own wait, for servers that do not look again at once
        const rotated = { ...client, authentication: authenticationBy(run, key) }
        const answer = await refresh(run, rotated, tokens.refresh_token ?? '')
        expect((await userinfoOf(op, String(answer.access_token))).status).toBe(200)
      })
    },

    /** With what OAuth demands of the request beside it. Core §6.2 */
    async requestUriSigned(run: Run) {
      const { op } = run
      expect(op.as.request_uri_parameter_supported).toBe(true)
      expect(op.as.request_object_signing_alg_values_supported).toContain('RS256')
      const { documents, url } = application()
      const path = `/requesturi/${crypto.randomUUID()}`
      const byReference = { request_uris: [url(path)], request_object_signing_alg: 'RS256' }
      await withClient(run, byReference, async (client) => {
        const request = requestOf(run, client)
        const { response_type, client_id, scope, redirect_uri } = request.parameters
        const jwt = await new SignJWT({ ...request.parameters, iss: client.id, aud: op.as.issuer })
          .setProtectedHeader({ alg: 'RS256', kid: client.key.kid })
          .sign(client.key.privateKey)
        documents[path] = () => new Response(jwt, { headers: { 'content-type': 'application/jose' } })
        const sent = { response_type, client_id, scope, redirect_uri, request_uri: url(path) }
        request.url.search = new URLSearchParams(sent as Record<string, string>).toString()
        await complete(run, client, request, await open(run, request.url))
      })
    },

    async issuerAsAudience(run: Run) {
      await withClient(run, {}, (client) =>
        signIn(run, { ...client, authentication: authenticationBy(run, client.key, run.op.as.issuer) }),
      )
    },
  }
}
