const ANYTHING = '…'

/** What differs from one run to the next: an example of it stands for all. */
const KINDS: readonly RegExp[] = [
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, // id
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z/, // time
  /a2[a-z]_[\w-]{49}/, // token
]

/**
 * Where `actual` is not what a page shows: one line each. `"…"` as a value stands for anything, as a key for
 * further members, as the last element for further ones.
 */
export function compareJson(expected: unknown, actual: unknown, path = '$'): readonly string[] {
  if (expected === ANYTHING) return []
  if (typeof expected === 'string' && typeof actual === 'string') {
    return patternOf(expected).test(actual) ? [] : [differs(path, expected, actual)]
  }
  if (Array.isArray(expected) && Array.isArray(actual)) return compareLists(expected, actual, path)
  if (isObject(expected) && isObject(actual)) return compareObjects(expected, actual, path)
  return expected === actual ? [] : [differs(path, expected, actual)]
}

/** The same for lines of text. `…` in a line stands for anything, as a line of its own for any number of lines. */
export function compareText(expected: string, actual: string): readonly string[] {
  const lines = expected.trimEnd().split('\n')
  const source = lines.map((line) => (line.trim() === ANYTHING ? '(?:.*\\n)*?' : `${patternText(line)}\\n`))
  const pattern = new RegExp(`^${source.join('')}$`, 'u')
  return pattern.test(`${actual.replaceAll('\r\n', '\n').trimEnd()}\n`)
    ? []
    : [`expected\n${expected}\ngot\n${actual}`]
}

function compareLists(expected: readonly unknown[], actual: readonly unknown[], path: string) {
  const isOpen = expected.at(-1) === ANYTHING
  const shown = isOpen ? expected.slice(0, -1) : expected
  const counts = isOpen ? actual.length >= shown.length : actual.length === shown.length
  if (!counts) return [`${path}: ${actual.length} elements, not ${shown.length}`]
  return shown.flatMap((element, index) => compareJson(element, actual[index], `${path}[${index}]`))
}

function compareObjects(expected: Members, actual: Members, path: string): readonly string[] {
  const { [ANYTHING]: rest, ...shown } = expected
  const unknown = Object.keys(actual).filter((key) => !(key in shown))
  return [
    ...(rest === undefined ? unknown.map((key) => `${path}.${key}: is not shown`) : []),
    ...Object.entries(shown).flatMap(([key, value]) =>
      key in actual ? compareJson(value, actual[key], `${path}.${key}`) : [`${path}.${key}: is not there`],
    ),
  ]
}

type Members = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const patternOf = (example: string) => new RegExp(`^${patternText(example)}$`, 'su')

function patternText(example: string): string {
  const variable = new RegExp(`(${[ANYTHING, ...KINDS.map(({ source }) => source)].join('|')})`)
  return example
    .split(variable)
    .map((part, index) => (index % 2 === 0 ? RegExp.escape(part) : kindText(part)))
    .join('')
}

const kindText = (part: string): string => KINDS.find((kind) => kind.test(part))?.source ?? '.*'

const differs = (path: string, expected: unknown, actual: unknown) =>
  `${path}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`
