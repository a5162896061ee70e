import { type Report, readConfigFile, readDotenvFile, readSecretFile } from './files.ts'
import { nearestName } from './nearest-name.ts'
import { findStrangers, type Stranger } from './strangers.ts'
import { VARIABLES, type VariableName } from './variables/table.ts'

export type ConfigInput = {
  /** The environment of the process unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Stronger than all else: what the command line says. */
  readonly argvOverrides?: Readonly<Record<string, string | undefined>>
  /** `--config`: dotenv lines, or one JSON object of the same names. */
  readonly configFile?: string | undefined
  /** Must exist when named; otherwise `.env` in the working directory where there is one. False: none. */
  readonly envFile?: string | false | undefined
}

/** One place that values come from. */
export type Layer = {
  readonly source: string
  readonly values: ReadonlyMap<string, string>
  /** True where every name must be known, not only the prefixed ones: the place is Authy2's alone. */
  readonly exclusive: boolean
}

const PREFIX = 'AUTHY2_'

/** The places that `input` names, strongest first; what cannot be read or is not known is reported. */
export function readLayers(input: ConfigInput, report: Report): readonly Layer[] {
  const layers: Layer[] = [
    { source: 'command line', values: present(input.argvOverrides ?? {}), exclusive: true },
    { source: 'environment', values: present(input.env ?? process.env), exclusive: false },
  ]
  if (input.configFile !== undefined) {
    layers.push({
      source: input.configFile,
      values: present(readConfigFile(input.configFile, report)),
      exclusive: true,
    })
  }
  if (input.envFile !== false) {
    const source = input.envFile ?? '.env'
    const values = readDotenvFile(source, { optional: input.envFile === undefined, report })
    layers.push({ source, values: present(values), exclusive: false })
  }
  for (const layer of layers) reportUnknown(layer, report)
  return layers
}

/** The strongest non-empty value of a variable and where it came from, or undefined when it is not set. */
export function findValue(
  name: VariableName,
  layers: readonly Layer[],
  report: Report,
): { readonly text: string; readonly source: string } | undefined {
  for (const { source, values } of layers) {
    const given = spellings(name).filter((spelling) => values.has(spelling))
    const [first] = given
    if (first === undefined) continue
    const said = new Set(given.map((spelling) => `${isFile(spelling, name)}=${values.get(spelling)}`))
    if (said.size > 1) report({ variable: name, expected: `only one of ${given.join(', ')}`, source })
    const value = values.get(first) ?? ''
    if (!isFile(first, name)) return { text: value, source }
    const content = readSecretFile(value, first, report)
    if (content !== undefined) return { text: content, source: `${source}, file ${value}` }
    return undefined
  }
  return undefined
}

/** Every name under which a variable may be given. */
function spellings(name: VariableName): readonly string[] {
  const names = VARIABLES[name].secret ? [name, `${name}_FILE`] : [name]
  return names.flatMap((spelling) => [spelling, PREFIX + spelling])
}

const isFile = (spelling: string, name: VariableName): boolean => spelling.endsWith(`${name}_FILE`)

/** Empty means unset, so that `NAME= authy2 serve` and an empty line of a template clear a value. */
const present = (values: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value] as const] : [])))

const KNOWN: ReadonlySet<string> = new Set((Object.keys(VARIABLES) as VariableName[]).flatMap(spellings))
const UNPREFIXED: ReadonlySet<string> = new Set([...KNOWN].filter((name) => !name.startsWith(PREFIX)))

/** Unknown names in places that are not ours alone, which nobody is stopped for; the prefixed ones are refused. */
export const strangersIn = (layers: readonly Layer[]): readonly Stranger[] =>
  layers
    .filter(({ exclusive }) => !exclusive)
    .flatMap(({ source, values }) =>
      findStrangers(
        [...values.keys()].filter((name) => !name.startsWith(PREFIX)),
        source,
        UNPREFIXED,
      ),
    )

function reportUnknown({ source, values, exclusive }: Layer, report: Report): void {
  for (const name of values.keys()) {
    if (KNOWN.has(name) || !(exclusive || name.startsWith(PREFIX))) continue
    const prefixed = [...KNOWN].filter((known) => known.startsWith(PREFIX) === name.startsWith(PREFIX))
    const near = nearestName(name, prefixed)
    report({
      variable: name,
      expected: near ? `a known variable; is it ${near}?` : 'a known variable',
      source,
    })
  }
}
