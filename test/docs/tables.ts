import type { Page } from './pages.ts'

/** The rows of the first table below a heading, without its own heading row; backticks are left out. */
export function tableUnder({ path, text }: Page, heading: string): readonly (readonly string[])[] {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading)
  if (start === -1) throw new Error(`${path}: there is no heading "${heading}"`)
  const first = lines.findIndex((line, index) => index > start && line.startsWith('|'))
  const rest = first === -1 ? [] : lines.slice(first)
  const end = rest.findIndex((line) => !line.startsWith('|'))
  const rows = rest.slice(2, end === -1 ? undefined : end)
  if (rows.length === 0) throw new Error(`${path}: there is no table under "${heading}"`)
  return rows.map((row) =>
    row
      .replaceAll('`', '')
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
