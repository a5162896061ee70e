import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { z } from 'zod'
import { compileCheck, UNDECIDED, withCompiledCheck } from '../../src/http/compiled-check.ts'

/** Every kind that is compiled, and some that are left to zod. */
const Thing = z.object({
  text: z.string().describe('a description changes nothing'),
  count: z.int(),
  share: z.number(),
  isOpen: z.boolean(),
  kind: z.enum(['big', 'small']),
  version: z.literal('1.0'),
  parent: z.string().nullable(),
  nickname: z.string().optional(),
  note: z.string().nullable().optional(),
  tags: z.array(z.string()),
  rows: z.array(z.object({ id: z.string(), at: z.string().nullable() })),
  owner: z.object({ id: z.string(), more: z.object({ name: z.string() }).optional() }).nullable(),
  anything: z.unknown(),
  short: z.string().max(3),
  address: z.email(),
  words: z.record(z.string(), z.int()),
  details: z.record(z.string(), z.unknown()),
  either: z.union([z.string(), z.int()]),
  trimmed: z.string().transform((text) => text.trim()),
  'odd "name"': z.boolean(),
})

const text = fc.string({ maxLength: 5 })
const name = fc.string({ minLength: 1 }).filter((key) => key !== '__proto__')
const GOOD: Readonly<Record<keyof z.input<typeof Thing>, fc.Arbitrary<unknown>>> = {
  text,
  count: fc.maxSafeInteger(),
  share: fc.double({ noNaN: true, noDefaultInfinity: true }),
  isOpen: fc.boolean(),
  kind: fc.constantFrom('big', 'small'),
  version: fc.constant('1.0'),
  parent: fc.option(text),
  nickname: fc.option(text, { nil: undefined }),
  note: fc.oneof(text, fc.constantFrom(null, undefined)),
  tags: fc.array(text),
  rows: fc.array(fc.record({ id: text, at: fc.option(text), extra: text }, { requiredKeys: ['id', 'at'] })),
  owner: fc.option(
    fc.record({ id: text, more: fc.record({ name: text }), extra: text }, { requiredKeys: ['id'] }),
  ),
  anything: fc.anything(),
  short: fc.string({ maxLength: 3 }),
  address: fc.constant('bob@acme-corp.com'),
  words: fc.dictionary(name, fc.maxSafeInteger()),
  details: fc.dictionary(name, fc.anything(), { noNullPrototype: true }),
  either: fc.oneof(text, fc.maxSafeInteger()),
  trimmed: text,
  'odd "name"': fc.boolean(),
}

const things = fc.record({ ...GOOD, extra: fc.anything() }, { requiredKeys: Object.keys(GOOD) as never[] })
const bad = fc.oneof(
  fc.anything(),
  fc.constantFrom(
    undefined,
    null,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1.5,
    '',
    [],
    {},
    [null],
    [[]],
    'Big',
  ),
)

describe('a compiled check', () => {
  const check = compileCheck(Thing)

  test('gives what zod gives for what zod accepts, by copy and without what the schema does not name', () => {
    fc.assert(
      fc.property(things, (thing) => {
        const expected = Thing.parse(thing)
        const checked = check(thing)
        expect(checked).toEqual(expected)
        expect(Object.keys(checked as object)).not.toContain('extra')
        expect(checked).not.toBe(thing)
      }),
    )
  })

  test('accepts nothing that zod refuses, whichever member is wrong', () => {
    const spoilt = fc
      .tuple(things, fc.constantFrom(...Object.keys(GOOD)), bad)
      .map(([thing, key, value]) => ({ ...thing, [key]: value }))
    fc.assert(
      fc.property(spoilt, (thing) => {
        const { success, data } = Thing.safeParse(thing)
        const checked = check(thing)
        if (success) expect(checked).toEqual(data as never)
        else expect(checked).toBe(UNDECIDED)
      }),
      { numRuns: 2_000 },
    )
  })

  test('accepts no value at all that zod refuses', () => {
    fc.assert(fc.property(bad, (value) => void expect(check(value)).toBe(UNDECIDED)))
  })

  test('leaves to zod what could pass for a prototype', () => {
    const record = compileCheck(z.record(z.string(), z.unknown()))
    expect(record({ a: 1 })).toEqual({ a: 1 })
    for (const odd of [
      JSON.parse('{"__proto__": {}}'),
      Object.create(null),
      Object.create({ a: 1 }),
      new Date(),
    ]) {
      expect(record(odd)).toBe(UNDECIDED)
    }
  })

  test.each(
    [
      z.string(),
      z.int(),
      z.number(),
      z.boolean(),
      z.literal([1, 'a', null]),
      z.enum({ A: 1, B: 2 }),
      z.array(z.int().nullable()),
      z.strictObject({ a: z.string() }),
      z.looseObject({ a: z.string() }),
      z.object({ a: z.string() }).refine(({ a }) => a !== 'x'),
      z.object({}),
      z.tuple([z.string()]),
      z.string().default('x'),
      z.coerce.string(),
      z.uuid(),
      z.null(),
      z.any(),
      z.record(z.string(), z.unknown()),
      z.record(z.string().max(1), z.unknown()),
      z.record(z.enum(['a']), z.unknown()),
      z.record(z.string(), z.string()),
    ].map((schema) => [schema.def.type, schema] as const),
  )('of %s agrees with zod on everything', (_, schema) => {
    const compiled = compileCheck(schema)
    const values = fc.oneof(
      bad,
      fc.constantFrom(1, 2, 'a', 'x', 0, -0, [1, null], { a: 'x' }, { a: 'y', b: 1 }),
    )
    fc.assert(
      fc.property(values, (value) => {
        const { success, data } = schema.safeParse(value)
        if (success) expect(compiled(value)).toEqual(data as never)
        else expect(compiled(value)).toBe(UNDECIDED)
      }),
      { numRuns: 500 },
    )
  })
})

test('a schema with one judges as before, and says what is wrong in the same words', () => {
  const plain = z.object({ id: z.string(), size: z.int() })
  const schema = withCompiledCheck(z.object({ id: z.string(), size: z.int() }))
  const judged = (of: z.ZodType, value: unknown) => of['~standard'].validate(value)
  for (const value of [{ id: 'a', size: 1, extra: true }, { id: 1, size: 1 }, null, {}]) {
    expect(judged(schema, value)).toEqual(judged(plain, value))
  }
  expect(judged(schema, { id: 1 })).toHaveProperty('issues.0.path', ['id'])
})
