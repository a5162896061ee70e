import { z } from 'zod'

export type JsonSchema = Readonly<Record<string, unknown>>

/** Turns zod schemas into JSON Schema (2020-12); those that have an id are collected and referred to. */
export interface SchemaBook {
  /** What a caller may send: defaults may be left out. */
  input(schema: z.ZodType): JsonSchema
  /** What a caller gets. */
  output(schema: z.ZodType): JsonSchema
  /** By id, for `components.schemas`. */
  readonly shared: Readonly<Record<string, JsonSchema>>
}

/** Throws for a schema that JSON Schema cannot say, and for two that claim one id. */
export function createSchemaBook(): SchemaBook {
  const shared: Record<string, JsonSchema> = {}

  const share = (id: string, definition: JsonSchema) => {
    if (shared[id] !== undefined && !Bun.deepEquals(shared[id], definition)) {
      throw new Error(`Two different schemas are called ${id}`)
    }
    shared[id] = definition
  }
  const convert = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
    const { $schema, $defs = {}, ...converted } = z.toJSONSchema(schema, { io, override: readable })
    for (const [id, definition] of Object.entries($defs)) share(id, relink(definition) as JsonSchema)
    return relink(converted) as JsonSchema
  }
  return {
    input: (schema) => convert(schema, 'input'),
    output: (schema) => convert(schema, 'output'),
    shared,
  }
}

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>

/** Says what a reader needs to know, where zod says less or more. */
const readable: Override = ({ zodSchema, jsonSchema }) => {
  const { def } = zodSchema._zod
  // Text that is tidied up before it is checked: the check is what counts, for the caller as well.
  if (def.type === 'pipe' && def.out._zod.def.type === 'string') {
    const { $schema, ...checked } = z.toJSONSchema(def.out, { override: readable })
    Object.assign(jsonSchema, checked)
  }
  // Where something is transformed zod leaves examples out of the input, as if they were of the output.
  const { examples } = z.globalRegistry.get(zodSchema) ?? {}
  if (examples !== undefined) jsonSchema.examples = examples as NonNullable<typeof jsonSchema.examples>
  // Fields may be added to answers later; whoever reads them must not refuse what they do not know.
  if (def.type === 'object' && def.catchall === undefined) delete jsonSchema.additionalProperties
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

/** Makes references to definitions inside a schema refer to the shared ones of the document. */
function relink(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relink)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : relink(inner),
    ]),
  )
}
