import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { displayText, Instant } from '../../src/http/index.ts'
import { createSchemaBook } from '../../src/openapi/json-schema.ts'

const Thing = z.object({ name: z.string() }).meta({ id: 'TestThing' })
const THING = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }

describe('schemas with an id', () => {
  test('are referred to and collected, at any depth', () => {
    const book = createSchemaBook()
    const reference = { $ref: '#/components/schemas/TestThing' }
    expect(book.output(Thing)).toEqual(reference)
    expect(book.output(z.object({ things: z.array(Thing.nullable()) }))).toMatchObject({
      properties: { things: { items: { anyOf: [reference, { type: 'null' }] } } },
    })
    expect(book.shared).toEqual({ TestThing: THING })
  })

  test('that share one id without being equal are a mistake', () => {
    const book = createSchemaBook()
    const id = 'TestDefaulted'
    const defaulted = z.object({ size: z.int().default(1) }).meta({ id })
    book.input(defaulted)
    expect(() => book.input(defaulted)).not.toThrow()
    expect(() => book.output(defaulted)).toThrow('Two different schemas are called TestDefaulted')
  })
})

describe('what a caller may send', () => {
  const { input } = createSchemaBook()

  test('shows the check behind what tidies up', () => {
    expect(input(displayText(40))).toMatchObject({ type: 'string', minLength: 1, maxLength: 40 })
  })

  test('keeps examples where something is transformed', () => {
    const schema = z.object({ name: displayText(40) }).meta({ examples: [{ name: 'Bob' }] })
    expect(input(schema)).toMatchObject({ examples: [{ name: 'Bob' }] })
    expect(input(schema.optional())).toMatchObject({ examples: [{ name: 'Bob' }] })
  })

  test('does not ask for what has a default', () => {
    expect(input(z.object({ size: z.int().default(1) }))).toEqual({
      type: 'object',
      properties: { size: { type: 'integer', default: 1 } },
    })
  })

  test('says when nothing else is taken', () => {
    expect(input(z.strictObject({}))).toMatchObject({ additionalProperties: false })
  })
})

describe('what a caller gets', () => {
  const { output } = createSchemaBook()

  test('may have more fields one day', () => {
    expect(output(z.object({ a: z.string() }))).not.toHaveProperty('additionalProperties')
  })

  test('has instants by their format, and integers without the limits of JavaScript', () => {
    expect(output(Instant)).toEqual({
      type: 'string',
      format: 'date-time',
      examples: ['2030-01-01T00:00:00.000Z'],
    })
    expect(output(z.int())).toEqual({ type: 'integer' })
    expect(output(z.int().min(1).max(9))).toEqual({ type: 'integer', minimum: 1, maximum: 9 })
  })

  test('must be something that JSON Schema can say', () => {
    expect(() => output(z.object({ at: z.date() }))).toThrow()
  })
})
