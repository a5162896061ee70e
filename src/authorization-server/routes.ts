import { Elysia } from 'elysia'
import { z } from 'zod'
import { guard, ofStandard, withCompiledCheck } from '../http/index.ts'
import { PATHS } from './addresses.ts'
import type { AuthorizationServerDeps } from './deps.ts'
import { describePushedAuthorization } from './descriptions/browser-endpoints.ts'
import {
  describeDeviceAuthorization,
  describeIntrospection,
  describeRevocation,
  describeToken,
} from './descriptions/client-endpoints.ts'
import {
  describeKeys,
  describeMetadata,
  describeUserinfo,
  describeUserinfoByForm,
} from './descriptions/documents.ts'
import { createDeviceAuthorization } from './device-authorization.ts'
import { describeApiResource, describeIssuerResource, describeProvider } from './discovery.ts'
import type { DpopProofs } from './dpop-proofs.ts'
import { createEndpoint } from './endpoint.ts'
import { createIntrospection } from './introspect.ts'
import { pushAuthorizationRequest } from './par.ts'
import { createRevocation } from './revoke.ts'
import { createKeyChain } from './subject.ts'
import { createTokenEndpoint } from './token.ts'
import { createUserinfo } from './userinfo.ts'

/** Documents that change with the configuration or a key rotation, and are asked for by everybody. */
const KEPT_FOR_MINUTES = { 'Cache-Control': 'public, max-age=300' }

/** What the standards say of it, which only the documents tell. */
const Document = withCompiledCheck(z.record(z.string(), z.unknown()))
const Answers = {
  200: Document,
  400: Document,
  401: Document,
  403: Document,
  429: Document,
  500: Document,
  503: Document,
}
/** Counted by the endpoint itself, once it knows the client. */
const limited = (...told: Parameters<typeof ofStandard>) => ({
  ...ofStandard(...told),
  'x-rate-limit': 'oidcToken',
})

/** The endpoints that applications call by themselves. None of them is of the JSON API: each answers as its standard says. */
export const authorizationServer = (deps: AuthorizationServerDeps & { readonly dpopProofs: DpopProofs }) => {
  const { config, dpopProofs: proofs } = deps
  const keyChain = createKeyChain(deps)
  const endpoint = createEndpoint(deps, proofs)
  const token = endpoint({ path: PATHS.token, takesProofs: true }, createTokenEndpoint(deps, keyChain))
  const revocation = endpoint({ path: PATHS.revocation }, createRevocation(deps))
  const introspection = endpoint(
    { path: PATHS.introspection, isConfidential: true },
    createIntrospection(deps, keyChain),
  )
  const device = endpoint(
    { path: PATHS.deviceAuthorization, takesProofs: true },
    createDeviceAuthorization(deps),
  )
  const pushed = endpoint({ path: PATHS.pushedAuthorization, takesProofs: true, status: 201 }, (request) =>
    pushAuthorizationRequest(deps, request),
  )
  const userinfo = createUserinfo(deps, proofs, keyChain)
  const provider = describeProvider(config)
  const apiResource = describeApiResource(config)
  const issuerResource = describeIssuerResource(config)

  return new Elysia({ name: 'authorization-server', tags: ['OpenID Connect'] })
    .use(guard(deps))
    .get('/.well-known/openid-configuration', ({ set }) => send(set, { ...KEPT, body: provider }), {
      public: true,
      response: { 200: Document },
      detail: ofStandard('Discover what this server is and does', describeMetadata(provider)),
    })
    .get('/.well-known/oauth-authorization-server', ({ set }) => send(set, { ...KEPT, body: provider }), {
      public: true,
      response: { 200: Document },
      detail: ofStandard('The same, where OAuth looks for it', describeMetadata(provider)),
    })
    .get(PATHS.issuerMetadata, ({ set }) => send(set, { ...KEPT, body: issuerResource }), {
      public: true,
      response: { 200: Document },
      detail: ofStandard('Where to get tokens for userinfo', describeMetadata(issuerResource)),
    })
    .get(PATHS.apiMetadata, ({ set }) => send(set, { ...KEPT, body: apiResource }), {
      public: true,
      response: { 200: Document },
      detail: ofStandard('Where to get tokens for the REST API', describeMetadata(apiResource)),
    })
    .get(
      PATHS.jwks,
      async ({ set }) => send(set, { ...KEPT, body: { keys: await deps.signingKeys.publicKeys() } }),
      {
        public: true,
        response: { 200: Document },
        detail: ofStandard('The keys that tokens are verified with', describeKeys),
      },
    )
    .post(
      PATHS.token,
      async ({ request, body, origin, set }) => send(set, await token({ request, body, origin })),
      {
        public: true,
        response: Answers,
        detail: limited('Get tokens', describeToken),
      },
    )
    .post(
      PATHS.pushedAuthorization,
      async ({ request, body, origin, set }) => send(set, await pushed({ request, body, origin })),
      {
        public: true,
        response: { ...Answers, 201: Document },
        detail: limited('Push an authorization request', describePushedAuthorization),
      },
    )
    .post(
      PATHS.revocation,
      async ({ request, body, origin, set }) => send(set, await revocation({ request, body, origin })),
      { public: true, response: Answers, detail: limited('Revoke a token', describeRevocation) },
    )
    .post(
      PATHS.introspection,
      async ({ request, body, origin, set }) => send(set, await introspection({ request, body, origin })),
      { public: true, response: Answers, detail: limited('Introspect a token', describeIntrospection) },
    )
    .post(
      PATHS.deviceAuthorization,
      async ({ request, body, origin, set }) => send(set, await device({ request, body, origin })),
      {
        public: true,
        response: Answers,
        detail: limited('Begin the sign-in of a device', describeDeviceAuthorization),
      },
    )
    .get(
      PATHS.userinfo,
      async ({ request, origin, set }) => send(set, await userinfo({ request, body: undefined, origin })),
      {
        public: true,
        response: WithJwt,
        detail: { ...ofStandard('Who a person is', describeUserinfo), ...LIMITED },
      },
    )
    .post(
      PATHS.userinfo,
      async ({ request, body, origin, set }) => send(set, await userinfo({ request, body, origin })),
      {
        public: true,
        response: WithJwt,
        detail: { ...ofStandard('The same, by a form', describeUserinfoByForm), ...LIMITED },
      },
    )
}

const KEPT = { status: 200, headers: KEPT_FOR_MINUTES }
const LIMITED = { 'x-rate-limit': 'api' }
const WithJwt = { ...Answers, 200: z.union([Document, z.string()]) }

interface Settings {
  status?: unknown
  readonly headers: object
}

function send<Body>(
  set: Settings,
  { status, headers, body }: { status: number; headers: Readonly<Record<string, string>>; body: Body },
): Body {
  set.status = status
  Object.assign(set.headers, headers)
  return body
}
