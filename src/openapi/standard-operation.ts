import { z } from 'zod'
import type { Config } from '../config/index.ts'
import type { StandardOperation } from '../http/index.ts'
import type { SchemaBook } from './json-schema.ts'
import { describeMedia, describeParameters, howOften, operationId } from './operation.ts'
import { referTo } from './overview.ts'
import { pathParameters, type Route } from './route.ts'
import { standardFailureResponses } from './standard-failures.ts'

type Content = NonNullable<StandardOperation['body']>

export type StandardRoute = Route & { readonly standard: StandardOperation }

/** A route of another standard as an Operation Object, by what that standard says of it. */
export function describeStandardOperation(
  route: StandardRoute,
  book: SchemaBook,
  { rateLimits }: Pick<Config, 'rateLimits'>,
): object {
  const { detail } = route.hooks
  const { description, security, body, answers, limitedBy, ...standard } = route.standard
  const parameters = [
    ...describeParameters('path', standard.path, pathParameters(route.path), book),
    ...describeParameters('query', standard.query, [], book),
    ...describeParameters('header', standard.headers, [], book),
  ]
  const limit = detail['x-rate-limit']
  const windows = limit && rateLimits.limits[limit]
  return {
    operationId: operationId(route),
    tags: detail.tags ?? [],
    summary: detail.summary ?? '',
    description: [description, windows && howOften(windows, limitedBy && `by one ${limitedBy}`)]
      .filter((part) => part !== undefined)
      .join('\n\n'),
    security,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: describeBody(body, book) }),
    responses: { ...describeAnswers(answers, book), ...standardFailureResponses(route) },
    ...(limit && { 'x-rate-limit': { name: limit, windows } }),
  }
}

const describeAnswers = (answers: StandardOperation['answers'], book: SchemaBook): object =>
  Object.fromEntries(
    Object.entries(answers).map(([status, { description, content, headers = [] }]) => [
      status,
      {
        description,
        headers: referTo('headers', ['X-Request-ID', ...headers]),
        ...(content && { content: describeContent(content, book.output) }),
      },
    ]),
  )

const describeBody = (body: Content, book: SchemaBook): object => ({
  required: Object.values(body).some((schema) => !schema.safeParse({}).success),
  content: describeContent(body, book.input),
})

/** Examples are those of the schema also where that has a name, and is referred to. */
const describeContent = (content: Content, convert: SchemaBook['input']): object =>
  Object.fromEntries(
    Object.entries(content).map(([mediaType, schema]) => {
      const { examples } = z.globalRegistry.get(schema) ?? {}
      return [mediaType, describeMedia({ ...convert(schema), examples })]
    }),
  )
