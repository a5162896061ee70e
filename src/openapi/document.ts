import type { Config } from '../config/index.ts'
import { createCookies } from '../http/index.ts'
import { VERSION } from '../kernel/index.ts'
import { describeFailures } from './failures.ts'
import { createSchemaBook } from './json-schema.ts'
import { describeOperation } from './operation.ts'
import { HEADERS, OVERVIEW, TAGS } from './overview.ts'
import { describedRoutes, type MountedRoutes } from './route.ts'
import { describeStandardFailures } from './standard-failures.ts'
import { describeStandardOperation } from './standard-operation.ts'

/** OpenAPI 3.1.0 §4.8.1, as far as others look into it. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: object
  readonly servers: readonly object[]
  readonly tags: readonly object[]
  /** By path, then by method in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly components: object
}

type DescribedConfig = Pick<Config, 'publicUrl' | 'session' | 'rateLimits' | 'oidc'>

/** Describes every route of an app but for those that hide. */
export function describeApp(mounted: MountedRoutes, config: DescribedConfig): OpenApiDocument {
  const book = createSchemaBook()
  const paths: Record<string, Record<string, object>> = {}
  const routes = describedRoutes(mounted)
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    const { standard } = route
    paths[path][route.method.toLowerCase()] = standard
      ? describeStandardOperation({ ...route, standard }, book, config)
      : describeOperation(route, book, config.rateLimits.limits)
  }
  const usedTags = new Set(routes.flatMap(({ hooks }) => hooks.detail.tags ?? []))
  const failures = describeFailures(
    routes.filter(({ standard }) => !standard),
    book,
  )
  const ofStandards = describeStandardFailures(routes, book)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Authy2',
      version: VERSION,
      description: OVERVIEW,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: config.publicUrl }],
    tags: Object.entries(TAGS)
      .filter(([name]) => usedTags.has(name))
      .map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: securitySchemes(config),
      schemas: { ...book.shared, ...failures.schemas },
      headers: HEADERS,
      responses: { ...failures.responses, ...ofStandards },
      examples: failures.examples,
    },
  }
}

const securitySchemes = (config: DescribedConfig): object => ({
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'A session token (`a2s_…`, as signing in gives it), an API key (`a2k_…`), or an access token with scopes of this API.',
  },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: createCookies(config).names.session,
    description: 'The session cookie that signing in sets.',
  },
  openIdConnect: {
    type: 'openIdConnect',
    openIdConnectUrl: `${config.oidc.issuer}/.well-known/openid-configuration`,
    description:
      'An access token that a person has let an application have, as `Bearer` or, with a proof, as `DPoP`.',
  },
  clientBasic: {
    type: 'http',
    scheme: 'basic',
    description: 'The id and the secret of a client, each form-encoded (RFC 6749 §2.3.1).',
  },
  initialAccessToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'An initial access token (`a2n_…`), which administrators of an organization make.',
  },
  registrationAccessToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'What a client got with its registration (`a2g_…`).',
  },
})
