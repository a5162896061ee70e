import type { z } from 'zod'
import type { RateLimitName, RateLimitWindow } from '../config/index.ts'
import { failureResponses } from './failures.ts'
import type { JsonSchema, SchemaBook } from './json-schema.ts'
import { RATE_LIMIT_HEADERS, referTo } from './overview.ts'
import { pathParameters, type Route } from './route.ts'

export type RateLimitTable = Readonly<Record<RateLimitName, readonly RateLimitWindow[]>>

/** A route as an Operation Object. OpenAPI 3.1.0 §4.8.10 */
export function describeOperation(route: Route, book: SchemaBook, limits: RateLimitTable): object {
  const { detail, params, query, body } = route.hooks
  const parameters = [
    ...describeParameters('path', params, pathParameters(route.path), book),
    ...describeParameters('query', query, [], book),
  ]
  const limit = detail['x-rate-limit']
  return {
    operationId: detail.operationId ?? operationId(route),
    tags: detail.tags ?? [],
    summary: detail.summary ?? '',
    description: [detail.description, whoMayCall(route), limit && howOften(limits[limit])]
      .filter((part) => part !== undefined)
      .join('\n\n'),
    security: detail.security ?? [],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: describeBody(body, book) }),
    responses: { ...failureResponses(route), ...ownResponses(route, book) },
    ...(limit && { 'x-rate-limit': { name: limit, windows: limits[limit] } }),
  }
}

/** `postOrganizationsByIdInvites`: stays as long as the method and the path do. */
export function operationId({ method, path }: Pick<Route, 'method' | 'path'>): string {
  const words = path
    .replace(/^\/api(\/v1)?/, '')
    .replaceAll('/:', '/by_')
    .split(/[/._-]/)
    .filter((word) => word !== '')
    .map(capitalized)
  return method.toLowerCase() + words.join('')
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

const WHO: Readonly<Record<string, string>> = {
  signedIn: 'Anyone who is signed in',
  enrolling: 'Anyone who is signed in, past the deadline for a second factor, too',
  leaving: 'Members of the organization, for themselves past the deadline for a second factor, too',
  member: 'Members of the organization',
  admin: 'Administrators and the owner of the organization',
  owner: 'The owner of the organization',
  instanceAdmin: 'Instance administrators',
}

/** The guard in words. */
function whoMayCall({ hooks: { detail } }: Route): string | undefined {
  const [guard = '', ...scope] = (detail['x-guard'] ?? '').split(':')
  const who = WHO[guard]
  if (who === undefined) return undefined
  const byKey =
    scope.length > 0 ? `with an API key the scope \`${scope.join(':')}\` is needed` : 'not with an API key'
  const stepUp = detail['x-step-up'] ? ' The user must have proved to be there in the last ten minutes.' : ''
  return `${who}; ${byKey}.${stepUp}`
}

export const howOften = (windows: readonly RateLimitWindow[], whose = 'from one address'): string =>
  `At most ${windows.map(({ points, durationSeconds }) => `${points} ${spanOf(durationSeconds)}`).join(' and ')} ${whose}.`

const spanOf = (seconds: number): string =>
  seconds === 60 ? 'a minute' : seconds === 3600 ? 'an hour' : `in ${seconds} seconds`

export function describeParameters(
  place: 'path' | 'query' | 'header',
  schema: z.ZodType | undefined,
  names: readonly string[],
  book: SchemaBook,
): readonly object[] {
  const { properties = {}, required = [] } = (schema ? book.input(schema) : {}) as {
    properties?: Readonly<Record<string, JsonSchema>>
    required?: readonly string[]
  }
  const missing = names.filter((name) => !(name in properties)).map((name) => [name, TEXT] as const)
  return [...Object.entries(properties), ...missing].map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: property,
  }))
}

const TEXT: JsonSchema = { type: 'string' }

const describeBody = (schema: z.ZodType, book: SchemaBook): object => ({
  required: !schema.safeParse(undefined).success,
  content: { 'application/json': describeMedia(book.input(schema)) },
})

/** Examples of the whole stand beside its schema. OpenAPI 3.1.0 §4.8.14 */
export const describeMedia = ({ examples, ...schema }: JsonSchema): object => ({
  schema,
  ...(Array.isArray(examples) && {
    examples: Object.fromEntries(examples.map((value, index) => [`example${index + 1}`, { value }])),
  }),
})

const MEANING: Readonly<Record<string, string>> = { 200: 'Done.', 201: 'Created.', 202: 'Accepted.' }

function ownResponses({ hooks: { detail, response } }: Route, book: SchemaBook): object {
  const isLimited = detail['x-guard'] !== 'public' || detail['x-rate-limit'] !== undefined
  const headers = ['X-Request-ID', ...(isLimited ? RATE_LIMIT_HEADERS : [])]
  return Object.fromEntries(
    Object.entries(response).map(([status, schema]) => {
      const { content: other, description: told } = detail.responses?.[status] ?? {}
      const { description = told ?? MEANING[status] ?? 'Refused.', ...json } = book.output(schema)
      const isText = json.type === 'string'
      const content = {
        ...(!isText && { 'application/json': { schema: json } }),
        ...(isText && !other && { 'text/plain': { schema: json } }),
        ...other,
      }
      return [status, { description, headers: referTo('headers', headers), content }]
    }),
  )
}
