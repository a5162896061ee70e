import { assembleConfig } from './assemble.ts'
import type { Config } from './config.ts'
import { ConfigError, type Problem } from './error.ts'
import { redact } from './redact.ts'
import { COMBINATIONS, PRODUCTION } from './rules.ts'
import { type ConfigInput, findValue, type Layer, readLayers, strangersIn } from './sources.ts'
import type { Stranger } from './strangers.ts'
import { VARIABLES, type Values, type VariableName } from './variables/table.ts'
import type { KnownBefore, Variable } from './variables/variable.ts'

/** One variable as it came out, safe to show: `value` is redacted, undefined when the variable is unset. */
export type Setting = {
  readonly name: VariableName
  readonly value: string | undefined
  readonly source: string
}

export type LoadedConfig = {
  readonly config: Config
  readonly settings: readonly Setting[]
  /** What is set and probably misspelt. */
  readonly strangers: readonly Stranger[]
}

const UNSET = 'not set'

/** Reads and checks the configuration; writes nothing. Throws a ConfigError that lists every problem. */
export const loadConfig = (input: ConfigInput = {}): Config => inspectConfig(input).config

/** The same, with where each value came from, and what looks like a slip. */
export function inspectConfig(input: ConfigInput = {}): LoadedConfig {
  const problems: Problem[] = []
  const report = (problem: Problem) => void problems.push(problem)
  const layers = readLayers(input, report)

  const values: Record<string, unknown> = {}
  const texts = new Map<VariableName, string>()
  const settings: Setting[] = []
  const wrong = new Set<VariableName>()
  for (const name of Object.keys(VARIABLES) as VariableName[]) {
    const before = problems.length
    const { value, text, setting } = readVariable(name, { layers, known: values as KnownBefore, report })
    values[name] = value
    if (text !== undefined) texts.set(name, text)
    settings.push(setting)
    if (problems.length > before) wrong.add(name)
  }

  // Every variable has been visited and a wrong one has its default, so the record is complete.
  const complete = values as Values
  const sources = new Map(settings.map(({ name, source }) => [name, source]))
  const production = complete.NODE_ENV === 'production' ? PRODUCTION : []
  for (const { variable, check } of [...COMBINATIONS, ...production]) {
    const expected = wrong.has(variable) ? undefined : check(complete, texts)
    if (expected) report({ variable, expected, source: sources.get(variable) ?? UNSET })
  }

  if (problems.length > 0) throw new ConfigError(problems)
  return { config: deepFreeze(assembleConfig(complete)), settings, strangers: strangersIn(layers) }
}

type Reading = {
  readonly layers: readonly Layer[]
  readonly known: KnownBefore
  readonly report: (problem: Problem) => void
}

/** `text` is what was given. A value that is not accepted is reported, and its default stands in so that the rest can be checked too. */
function readVariable(
  name: VariableName,
  { layers, known, report }: Reading,
): { value: unknown; text?: string; setting: Setting } {
  const variable: Variable = VARIABLES[name]
  const found = findValue(name, layers, report)
  if (found) {
    const parsed = variable.format.safeParse(found.text)
    if (parsed.success) {
      const setting = { name, value: redact(variable, found.text), source: found.source }
      return { value: parsed.data, text: found.text, setting }
    }
    const expected = variable.format.description ?? 'another value'
    const problem = { variable: name, expected, source: found.source }
    report(variable.secret ? problem : { ...problem, found: found.text })
  }
  const fallback = typeof variable.default === 'object' ? variable.default.from(known) : variable.default
  if (fallback === undefined) return { value: undefined, setting: { name, value: undefined, source: UNSET } }
  return {
    value: variable.format.parse(fallback),
    setting: { name, value: redact(variable, fallback), source: 'default' },
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner)
  }
  return Object.freeze(value)
}
