import { expect } from 'bun:test'
import type { TestServer } from '../support/server.ts'
import { type Document, operationsOf } from './described.ts'

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
      const media = operation.requestBody?.content['application/json']
      const [first] = Object.keys(media?.examples ?? {})
      const example = sending.example ?? first
      if (media && example === undefined) throw new Error(`${name} has a body and no example`)
      const shown = example === undefined ? undefined : media?.examples?.[example]?.value

      const response = await t.app.handle(
        new Request(`http://localhost${path}${sending.query ?? ''}`, {
          method,
          headers: {
            ...(sending.token !== undefined && { authorization: `Bearer ${sending.token}` }),
            ...(media && { 'content-type': 'application/json' }),
            ...sending.headers,
          },
          ...(media && { body: JSON.stringify({ ...(shown as object), ...sending.fill }) }),
        }),
      )
      const text = await response.text()
      const [promised = ''] = Object.keys(operation.responses)
      expect({ name, status: response.status, ...(response.ok ? {} : { text }) }).toEqual({
        name,
        status: Number(promised),
      })
      const [type = ''] = (response.headers.get('content-type') ?? '').split(';')
      expect(Object.keys(operation.responses[promised]?.content ?? {})).toContain(type)
      visited.add(`${name} ${example ?? ''}`)
      return type === 'application/json' ? JSON.parse(text).data : text
    },

    /** Every operation, once for each of its examples, that has not been sent. */
    unvisited: (): readonly string[] =>
      [...operations]
        .flatMap(([name, { requestBody }]) => {
          const examples = Object.keys(requestBody?.content['application/json']?.examples ?? {})
          return examples.length === 0 ? [`${name} `] : examples.map((example) => `${name} ${example}`)
        })
        .filter((visit) => !visited.has(visit)),
  }
}
