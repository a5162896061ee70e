import type { z } from 'zod'

/** What a compiled check returns for a value that it does not accept, or whose judgement it leaves to zod. */
export const UNDECIDED = Symbol('undecided')

/** Whether a value has the shape of a schema: a copy of what the schema names, or UNDECIDED. */
export type CompiledCheck = (value: unknown) => unknown

/**
 * Has a schema judge values by a function that is written for it once, when it is first used. Answers are checked on
 * every request, and zod's own way makes an object for each value that it looks at: it took a tenth of the time of
 * `GET /auth/me`. Whatever is not plainly right zod judges as before, and says what is wrong.
 */
export function withCompiledCheck<Schema extends z.ZodType>(schema: Schema): Schema {
  const standard = schema['~standard']
  let check: CompiledCheck | undefined
  const validate: typeof standard.validate = (value, options) => {
    check ??= compileCheck(schema)
    const checked = check(value)
    return checked === UNDECIDED ? standard.validate(value, options) : { value: checked as z.output<Schema> }
  }
  return Object.defineProperty(schema, '~standard', { value: { ...standard, validate } })
}

/**
 * The function for a schema, which accepts what the schema accepts and never more. Of objects, arrays and plain values
 * it is code of its own; other kinds, and those with rules beside their type, are asked of zod where they stand.
 */
export function compileCheck(schema: z.ZodType): CompiledCheck {
  const writer = new CheckWriter()
  const result = writer.write(schema as Schema, 'value')
  const source = `return (value) => {\n${writer.lines.join('\n')}\nreturn ${result}\n}`
  return new Function('undecided', 'constants', source)(UNDECIDED, writer.constants) as CompiledCheck
}

/** What is read of zod's definitions, which are meant for tools like this one. */
interface Definition {
  readonly type: string
  readonly checks?: readonly unknown[]
  readonly coerce?: boolean
  readonly format?: string
  readonly shape?: Readonly<Record<string, Schema>>
  readonly catchall?: Schema
  readonly element?: Schema
  readonly innerType?: Schema
  readonly values?: readonly unknown[]
  readonly entries?: Readonly<Record<string, unknown>>
  readonly keyType?: Schema
  readonly valueType?: Schema
}
type Schema = z.ZodType & { readonly _zod: { readonly def: Definition } }

const isOfAnything = ({ keyType, valueType }: Definition): boolean => {
  const { type, checks, format, coerce } = keyType?._zod.def ?? { type: 'none' }
  return (
    type === 'string' &&
    !checks?.length &&
    format === undefined &&
    !coerce &&
    valueType?._zod.def.type === 'unknown'
  )
}

class CheckWriter {
  readonly lines: string[] = []
  /** What the code refers to that has no notation in it. */
  readonly constants: unknown[] = []
  #names = 0

  /** Writes what judges the expression `value`, which has no side effect; returns the expression for what it becomes. */
  write(schema: Schema, value: string): string {
    const { def } = schema._zod
    if (def.checks?.length || def.coerce) return this.#askZod(schema, value)
    switch (def.type) {
      case 'string':
      case 'boolean':
        if (def.format !== undefined) return this.#askZod(schema, value)
        return this.#require(`typeof ${value} === '${def.type}'`, value)
      case 'number':
        if (def.format === 'safeint') return this.#require(`Number.isSafeInteger(${value})`, value)
        return def.format === undefined
          ? this.#require(`Number.isFinite(${value})`, value)
          : this.#askZod(schema, value)
      case 'literal':
        return this.#require(`${this.#constant(new Set(def.values))}.has(${value})`, value)
      case 'enum':
        return this.#require(
          `${this.#constant(new Set(Object.values(def.entries ?? {})))}.has(${value})`,
          value,
        )
      case 'unknown':
      case 'any':
        return value
      case 'nullable':
        return this.#nullable(def, value)
      case 'array':
        return this.#array(def, value)
      case 'record':
        return isOfAnything(def) ? this.#plain(value) : this.#askZod(schema, value)
      case 'object':
        return def.catchall ? this.#askZod(schema, value) : this.#object(def, value)
      default:
        return this.#askZod(schema, value)
    }
  }

  #object({ shape = {} }: Definition, value: string): string {
    this.#require(`typeof ${value} === 'object' && ${value} !== null && !Array.isArray(${value})`)
    const required: string[] = []
    const optional: (() => void)[] = []
    const result = this.#name()
    for (const [key, member] of Object.entries(shape)) {
      const quoted = JSON.stringify(key)
      const inner = this.#keep(`${value}[${quoted}]`)
      const { def } = member._zod
      if (def.type !== 'optional' || !def.innerType || def.checks?.length) {
        required.push(`${quoted}: ${this.write(member, inner)}`)
        continue
      }
      const { innerType } = def
      optional.push(() => {
        this.lines.push(`if (${inner} !== undefined) {`)
        this.lines.push(`${result}[${quoted}] = ${this.write(innerType, inner)}`, '}')
      })
    }
    this.lines.push(`const ${result} = { ${required.join(', ')} }`)
    for (const write of optional) write()
    return result
  }

  #array({ element }: Definition, value: string): string {
    this.#require(`Array.isArray(${value})`, value)
    const result = this.#keep('[]')
    const index = this.#name()
    this.lines.push(`for (let ${index} = 0; ${index} < ${value}.length; ${index}++) {`)
    const item = this.#keep(`${value}[${index}]`)
    this.lines.push(`${result}.push(${element ? this.write(element, item) : item})`, '}')
    return result
  }

  #nullable({ innerType }: Definition, value: string): string {
    const result = this.#name()
    this.lines.push(`let ${result} = null`, `if (${value} !== null) {`)
    this.lines.push(`${result} = ${innerType ? this.write(innerType, value) : value}`, '}')
    return result
  }

  /** A record of anything has nothing in it to look at. Its names are text, or JSON would not have them. */
  #plain(value: string): string {
    this.#require(`typeof ${value} === 'object' && ${value} !== null`)
    // An own name that looks like the prototype is left out by zod.
    const isPlain = `Object.getPrototypeOf(${value}) === Object.prototype && !Object.hasOwn(${value}, '__proto__')`
    return this.#require(isPlain, value)
  }

  #askZod(schema: Schema, value: string): string {
    const parsed = this.#keep(`${this.#constant(schema)}.safeParse(${value})`)
    return this.#require(`${parsed}.success`, `${parsed}.data`)
  }

  #require(condition: string, value = ''): string {
    this.lines.push(`if (!(${condition})) return undecided`)
    return value
  }

  #keep(expression: string): string {
    const name = this.#name()
    this.lines.push(`const ${name} = ${expression}`)
    return name
  }

  #constant(value: unknown): string {
    this.constants.push(value)
    return `constants[${this.constants.length - 1}]`
  }

  #name(): string {
    return `v${this.#names++}`
  }
}
