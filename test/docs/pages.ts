import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dir, '../..')

/** A fenced code block of a page. */
export interface Block {
  /** `README.md:42`, where its fence opens. */
  readonly place: string
  readonly line: number
  /** The first word after the fence; empty where there is none. */
  readonly language: string
  /** The second word: what a reader saves the block as. */
  readonly file?: string
  readonly code: string
}

export interface Page {
  /** From the root of the project. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
}

/** README.md and everything under docs/. */
export const readPages = (): readonly Page[] =>
  ['README.md', ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map(inDocs)]
    .filter((path) => path.endsWith('.md'))
    .toSorted()
    .map((path) => parsePage(path, readFileSync(join(ROOT, path), 'utf8')))

/** With the language and, where the block is a file, its name. */
const OPENING = /^ {0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)(?:[ \t]+([\w.-]+)[ \t]*$)?/

const inDocs = (path: string) => `docs/${path.replaceAll('\\', '/')}`

/** Finds the fenced blocks (CommonMark §4.5). Throws where a fence is not closed. */
export function parsePage(path: string, text: string): Page {
  const blocks: Block[] = []
  let open: { fence: string; line: number; language: string; file: string; code: string[] } | undefined
  for (const [index, line] of text.split('\n').entries()) {
    if (open) {
      if (line.trim().startsWith(open.fence) && /^(`+|~+)$/.test(line.trim())) {
        const { line: start, language, file, code } = open
        blocks.push({
          place: `${path}:${start}`,
          line: start,
          language,
          ...(file !== '' && { file }),
          code: `${code.join('\n')}\n`,
        })
        open = undefined
      } else open.code.push(line)
      continue
    }
    const [, fence, language = '', file = ''] = OPENING.exec(line) ?? []
    if (fence !== undefined) open = { fence, line: index + 1, language, file, code: [] }
  }
  if (open) throw new Error(`${path}:${open.line}: this block is not closed`)
  return { path, text, blocks }
}
