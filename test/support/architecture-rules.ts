/** The rules that hold for every file under `src`, as functions from sources to violations. */
import { posix } from 'node:path'

export interface SourceFile {
  /** From `src`, with `/`: `users/index.ts`. */
  readonly path: string
  readonly text: string
}

/** Folders that may not import each other but may import everything below them; the lowest layer comes first. */
export interface Layer {
  readonly folders: readonly string[]
  readonly reason: string
}

/** Files directly in `src`: the composition root. They may import each other and every folder. */
const ROOT = '(root)'
/** What applications import; it takes nothing but types from the program. */
const CLIENT = 'client.ts'
/** The browser application reaches the program through the typed client only. */
const CONSOLE = 'console'

/** A shelf of standards: each has a door of its own, or one could not be taken down without all the others. */
const SHELF = 'protocol'

const MAX_LINES = 500
const FORBIDDEN_NAMES = /^(utils?|helpers?|common|shared|managers?|misc|lib)$/
const ASSET = /\.(sql|json|txt|html|css)$/

/** What only one folder may do, by what its code looks like without comments and types. */
const RESERVED: readonly { readonly only: string; readonly what: string; readonly pattern: RegExp }[] = [
  {
    only: 'kernel',
    what: 'reads the clock',
    pattern:
      /\bDate\.now\b|\bnew Date(?:\(\s*\)|(?!\w|\s*\())|(?<!new )\bDate\(|\bperformance\.now\b|\bhrtime\b|\bBun\.nanoseconds\b/,
  },
  {
    only: 'kernel',
    what: 'makes randomness',
    pattern: /\bMath\.random\b|\bgetRandomValues\b|\brandomBytes\b|\brandomUUID|\brandomInt\b|\brandomFill/,
  },
  {
    only: 'config',
    what: 'reads the environment',
    pattern: /\bprocess\.env\b|\bprocess\[['"]env['"]\]|\bBun\.env\b|\bimport\.meta\.env\b/,
  },
  { only: 'db', what: 'writes SQL', pattern: /\bsql`|\bsql\.(?:raw|unsafe)\b|from "bun:sqlite"/ },
]

/** Every way in which the files break the rules, one line each. */
export function findViolations(files: readonly SourceFile[], layers: readonly Layer[]): readonly string[] {
  const rankOf = new Map(layers.flatMap(({ folders }, rank) => folders.map((folder) => [folder, rank])))
  return files.flatMap((file) => {
    const problems = [
      ...importProblems(file, rankOf),
      ...reservedProblems(file),
      ...formProblems(file),
      ...nameProblems(file),
    ]
    return problems.map((problem) => `${file.path}: ${problem}`)
  })
}

interface Import {
  readonly specifier: string
  readonly isTypeOnly: boolean
}

/** `import … from`, `import type`, `export … from`, `import '…'` and `import('…')`. */
export function importsOf(text: string): readonly Import[] {
  const statements = /\b(import|export)(\s+type)?\b[^;'"`]*?\bfrom\s*['"]([^'"]+)['"]/g
  const bare = /\bimport\s*\(?\s*['"]([^'"]+)['"]/g
  const code = withoutComments(text)
  return [
    ...code
      .matchAll(statements)
      .map(([, , type, specifier = '']) => ({ specifier, isTypeOnly: type !== undefined })),
    ...code.matchAll(bare).map(([, specifier = '']) => ({ specifier, isTypeOnly: false })),
  ]
}

/** The unit that ranks are given to: a folder of `src`, or the files directly in it. */
function unitOf(path: string): string {
  const [first = '', ...rest] = path.split('/')
  if (rest.length > 0) return first
  return first === CLIENT ? CLIENT : ROOT
}

function importProblems({ path, text }: SourceFile, rankOf: ReadonlyMap<string, number>): readonly string[] {
  const unit = unitOf(path)
  const isRanked = unit === ROOT || unit === CLIENT || unit === CONSOLE || rankOf.has(unit)
  if (!isRanked) return [`the folder ${unit} has no rank`]
  return importsOf(text)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .flatMap(({ specifier, isTypeOnly }) => {
      const target = posix.join(posix.dirname(path), specifier)
      if (target.startsWith('../'))
        return ASSET.test(target) ? [] : [`imports ${specifier} from outside of src`]
      const targetUnit = unitOf(target)
      if (unit === CLIENT) {
        const isTypeOfApp = isTypeOnly && target === 'app.ts'
        return isTypeOfApp ? [] : [`imports ${specifier}, but it may import types of app.ts only`]
      }
      if (targetUnit === unit) return []
      if (unit === CONSOLE)
        return target === CLIENT ? [] : [`imports ${specifier}, but it may import ${CLIENT} only`]
      return [...rankProblems(unit, targetUnit, rankOf), ...doorProblems(target)]
    })
}

function rankProblems(unit: string, target: string, rankOf: ReadonlyMap<string, number>): readonly string[] {
  const own = unit === ROOT ? Number.POSITIVE_INFINITY : (rankOf.get(unit) ?? -1)
  const theirs = rankOf.get(target) ?? Number.POSITIVE_INFINITY
  return theirs < own ? [] : [`imports ${target}, which does not rank below ${unit}`]
}

function doorProblems(target: string): readonly string[] {
  const [folder, door] = target.split(/\/(.*)/)
  const isDoor = folder === SHELF ? /^[^/]+\/index\.ts$/.test(door ?? '') : door === 'index.ts'
  return door === undefined || isDoor ? [] : [`imports ${target} past the folder's index.ts`]
}

function reservedProblems({ path, text }: SourceFile): readonly string[] {
  const code = codeOf(path, text)
  return RESERVED.filter(({ only, pattern }) => unitOf(path) !== only && pattern.test(code)).map(
    ({ only, what }) => `${what}, which only ${only} does`,
  )
}

function formProblems({ path, text }: SourceFile): readonly string[] {
  const problems: string[] = []
  const lines = text.split('\n').length - 1
  if (lines > MAX_LINES) problems.push(`has ${lines} lines, more than ${MAX_LINES}`)
  const isDeclaration = path.endsWith('.d.ts') // says what a foreign module exports
  if (!isDeclaration && /^export default\b|\bas default\b/m.test(text)) problems.push('has a default export')
  if (/^export (?:type )?\*/m.test(text)) problems.push('exports everything of a module')
  if (/\b(?:TODO|FIXME|XXX)\b/.test(text)) problems.push('leaves work to somebody later')
  return problems
}

const nameProblems = ({ path }: SourceFile): readonly string[] =>
  path
    .split('/')
    .map((segment) => segment.replace(/\..*$/, ''))
    .filter((name) => FORBIDDEN_NAMES.test(name))
    .map((name) => `is called ${name}, which says nothing about what it is for`)

/** What runs: comments and types are gone, so that a docstring may name what the code may not do. */
function codeOf(path: string, text: string): string {
  if (path.endsWith('.d.ts')) return ''
  const transpiler = new Bun.Transpiler({
    loader: path.endsWith('x') ? 'tsx' : 'ts',
    target: 'bun',
    define: { 'process.env.NODE_ENV': 'process.env.NODE_ENV' }, // else its value takes its place
  })
  return transpiler.transformSync(text)
}

/** Removes comments that stand on their own or after code; a `//` inside of a text is followed by no space. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/\s.*$/gm, '$1')
