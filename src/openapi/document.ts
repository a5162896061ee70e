import type { Config } from '../config/index.ts'
import { createCookies } from '../http/index.ts'
import { VERSION } from '../kernel/index.ts'
import { describeFailures } from './failures.ts'
import { createSchemaBook } from './json-schema.ts'
import { describeOperation } from './operation.ts'
import { HEADERS, OVERVIEW, TAGS } from './overview.ts'
import { describedRoutes, type MountedRoutes } from './route.ts'

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

/** Describes every route of an app but for those that hide. */
export function describeApp(
  mounted: MountedRoutes,
  config: Pick<Config, 'publicUrl' | 'session' | 'rateLimits'>,
): OpenApiDocument {
  const book = createSchemaBook()
  const paths: Record<string, Record<string, object>> = {}
  const routes = describedRoutes(mounted)
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][route.method.toLowerCase()] = describeOperation(route, book, config.rateLimits.limits)
  }
  const usedTags = new Set(routes.flatMap(({ hooks }) => hooks.detail.tags ?? []))
  const failures = describeFailures(routes, book)
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
      responses: failures.responses,
      examples: failures.examples,
    },
  }
}

const securitySchemes = (config: Pick<Config, 'publicUrl' | 'session'>): object => ({
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'A session token (`a2s_…`, as signing in gives it) or an API key (`a2k_…`).',
  },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: createCookies(config).names.session,
    description: 'The session cookie that signing in sets.',
  },
})
