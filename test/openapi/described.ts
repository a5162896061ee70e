import type { TestServer } from '../support/server.ts'
import { testServer } from '../support/server.ts'

interface Media {
  readonly schema?: unknown
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description: string
  readonly security: readonly object[]
  readonly parameters?: readonly { name: string; in: string; required: boolean; schema: object }[]
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: object }>>
}

export interface Document {
  readonly openapi: string
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** The document as a client fetches it, and the server that it describes. */
export async function describedServer(env: Record<string, string> = {}) {
  const t = await testServer({ env: { PUBLIC_URL: 'https://id.authy2.dev', ...env } })
  return { t, document: await fetchDocument(t) }
}

export async function fetchDocument({ app }: TestServer): Promise<Document> {
  const response = await app.handle(new Request('http://localhost/openapi/json'))
  return (await response.json()) as Document
}

/** Whether an operation is of another standard, which has forms and failures of its own. */
export const isOfStandard = (name: string): boolean => / \/(?:oidc\/|\.well-known\/o)/.test(name)

/** Every operation by `POST /api/v1/things/{id}`. */
export const operationsOf = ({ paths }: Document): ReadonlyMap<string, Operation> =>
  new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation]),
    ),
  )
