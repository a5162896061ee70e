import { expect } from 'bun:test'
import type { TestServer } from '../support/server.ts'
import { type Document, isOfStandard, type Operation, operationsOf } from './described.ts'

export interface Sending {
  /** A session token. */
  readonly token?: string
  /** Beside those that the document asks for: a browser's. */
  readonly headers?: Readonly<Record<string, string>>
  /** For the path parameters, by name. */
  readonly path?: Readonly<Record<string, string>>
  readonly query?: string
  /** What the example cannot know: replaces these fields of it. */
  readonly fill?: object
  /** Which example is sent; the first where it is left out. */
  readonly example?: string
  /** Where it is not the first one that is promised: a browser is sent on. */
  readonly status?: number
}

// biome-ignore lint/suspicious/noExplicitAny: the data of any operation; the walk says what it takes from it
export type Data = any

/**
 * Goes through an API by nothing but its document: methods, paths and bodies are those that it shows, and
 * every answer must have the first success status and a media type that it promises.
 */
export function walkThrough(t: TestServer, document: Document) {
  const operations = operationsOf(document)
  const visited = new Set<string>()

  return {
    async send(name: string, sending: Sending = {}): Promise<Data> {
      const operation = operations.get(name)
      if (!operation) throw new Error(`${name} is not in the document`)
      const [method = '', template = ''] = name.split(' ')
      const path = template.replace(/\{(\w+)\}/g, (_, parameter) => sending.path?.[parameter] ?? '')
      const [mediaType, media] = mediaOf(operation)
      const [first] = Object.keys(media?.examples ?? {})
      const example = sending.example ?? first
      if (media && example === undefined) throw new Error(`${name} has a body and no example`)
      const shown = example === undefined ? undefined : media?.examples?.[example]?.value

      const response = await t.app.handle(
        new Request(`http://localhost${path}${sending.query ?? ''}`, {
          method,
          headers: {
            ...(sending.token !== undefined && { authorization: `Bearer ${sending.token}` }),
            ...(media && { 'content-type': mediaType }),
            ...sending.headers,
          },
          ...(media && { body: encode(mediaType, { ...(shown as object), ...sending.fill }) }),
        }),
      )
      const text = await response.text()
      const promised = String(sending.status ?? Object.keys(operation.responses)[0])
      expect({ name, status: response.status, ...(response.status < 400 ? {} : { text }) }).toEqual({
        name,
        status: Number(promised),
      })
      visited.add(`${name} ${example ?? ''}`)
      const { content } = operation.responses[promised] ?? {}
      if (content === undefined) return response.headers
      const [type = ''] = (response.headers.get('content-type') ?? '').split(';')
      expect(Object.keys(content)).toContain(type)
      if (type !== 'application/json') return text
      const body = JSON.parse(text)
      if (!isOfStandard(name)) return body.data
      expect({ name, undescribed: undescribed(document, content, body) }).toEqual({ name, undescribed: [] })
      return body
    },

    /** Every operation, once for each of its examples, that has not been sent. */
    unvisited: (): readonly string[] =>
      [...operations]
        .flatMap(([name, { requestBody }]) => {
          const [, media] = mediaOf({ requestBody })
          const examples = Object.keys(media?.examples ?? {})
          return examples.length === 0 ? [`${name} `] : examples.map((example) => `${name} ${example}`)
        })
        .filter((visit) => !visited.has(visit)),
  }
}

const mediaOf = ({ requestBody }: { readonly requestBody?: Operation['requestBody'] | undefined }) =>
  Object.entries(requestBody?.content ?? {})[0] ?? ['', undefined]

const encode = (mediaType: string, fields: Readonly<Record<string, unknown>>): string =>
  mediaType === 'application/json'
    ? JSON.stringify(fields)
    : new URLSearchParams(
        Object.entries(fields).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, String(value)] as [string, string]],
        ),
      ).toString()

interface Schema {
  readonly $ref?: string
  readonly properties?: object
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
}

/** The members of an answer that its schema does not know, and those that it promises and that are not there. */
function undescribed(document: Document, content: object, body: object): readonly string[] {
  const { schema = {} } = (content as Readonly<Record<string, { schema?: Schema }>>)['application/json'] ?? {}
  const [, id] = schema.$ref?.split('#/components/schemas/') ?? []
  const resolved = id === undefined ? schema : ((document.components.schemas?.[id] ?? {}) as Schema)
  const { properties = {}, required = [], ...rest } = resolved
  const isOpen = rest.additionalProperties !== undefined
  return [
    ...Object.keys(body).filter((member) => !isOpen && !(member in properties)),
    ...required.filter((member) => !(member in body)),
  ]
}
