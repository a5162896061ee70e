/**
 * Writes what the configuration table says into `.env.example`, and between the markers of the documents.
 * With `--check` it writes nothing and fails when one of them is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderEnvExample, renderReference } from '../src/config/index.ts'

const ROOT = join(import.meta.dir, '..')
const START = '<!-- config:start -->'
const END = '<!-- config:end -->'
const HEADING_LEVEL = 3

const check = process.argv.includes('--check')
const stale = [
  update('.env.example', () => renderEnvExample()),
  update('docs/configuration.md', withReference),
  update('README.md', withReference),
].filter((path) => path !== undefined)

if (check && stale.length > 0) {
  console.error(`Stale: ${stale.join(', ')}. Run: bun scripts/generate-config-docs.ts`)
  process.exitCode = 1
} else {
  console.log(stale.length > 0 ? `Wrote ${stale.join(', ')}.` : 'The configuration documents are up to date.')
}

/** The path when its content was not what it should be. */
function update(path: string, render: (current: string) => string): string | undefined {
  const file = join(ROOT, path)
  const current = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const wanted = render(current)
  if (wanted === current) return undefined
  if (!check) writeFileSync(file, wanted)
  return path
}

/** A document without both markers is left alone. */
function withReference(document: string): string {
  const start = document.indexOf(START)
  const end = document.indexOf(END, start)
  if (start === -1 || end === -1) return document
  const before = document.slice(0, start + START.length)
  return `${before}\n\n${renderReference(HEADING_LEVEL)}\n${document.slice(end)}`
}
