const BLANK = /[ \t]*(?:#[^\r\n]*)?(?:\r?\n|$)/y
const ENTRY =
  /[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(?:'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|((?:[^\s'"#]|(?<![ \t])#)[^\r\n]*?)?)(?:[ \t]+#[^\r\n]*|[ \t]*)(?:\r?\n|$)/y
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/**
 * Reads `NAME=value` lines: comments, blank lines, `export`, 'literal' and "escaped" values that may span
 * lines. A `#` opens a comment after a space. Nothing is interpolated, so a secret may hold any `$`.
 * Of several values of one name the last counts. Lines that are none of this are named by number.
 */
export function parseDotenv(content: string): {
  values: ReadonlyMap<string, string>
  badLines: readonly number[]
} {
  const text = content.replace(/^\uFEFF/, '')
  const values = new Map<string, string>()
  const badLines: number[] = []
  for (let at = 0; at < text.length; ) {
    const blank = matchAt(BLANK, text, at)
    const entry = blank ?? matchAt(ENTRY, text, at)
    if (entry && !blank) {
      const [, name = '', literal, quoted, bare] = entry
      values.set(name, literal ?? (quoted === undefined ? bare : withoutEscapes(quoted)) ?? '')
    }
    if (!entry) badLines.push(text.slice(0, at).split('\n').length)
    at = entry ? at + entry[0].length : endOfLine(text, at)
  }
  return { values, badLines }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

const withoutEscapes = (quoted: string): string =>
  quoted.replace(/\\([\s\S])/g, (_, character: string) => ESCAPES[character] ?? character)

function endOfLine(text: string, at: number): number {
  const newline = text.indexOf('\n', at)
  return newline === -1 ? text.length : newline + 1
}
