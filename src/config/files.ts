import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { parseDotenv } from './dotenv.ts'
import type { Problem } from './error.ts'

/** Takes a problem down and lets the reading go on, so that all of them are found in one go. */
export type Report = (problem: Problem) => void

type Texts = Readonly<Record<string, string>>

/** A file of `NAME=value` lines, or one that holds a JSON object of the same names. */
export function readConfigFile(path: string, report: Report): Texts {
  const content = readText(path, { optional: false, report })
  return content.trimStart().startsWith('{')
    ? readJson(content, path, report)
    : readDotenv(content, path, report)
}

export const readDotenvFile = (path: string, options: { optional: boolean; report: Report }): Texts =>
  readDotenv(readText(path, options), path, options.report)

/** A trailing line break belongs to the file, not to the secret. Undefined: reported as unreadable. */
export function readSecretFile(path: string, variable: string, report: Report): string | undefined {
  try {
    return readFileSync(resolve(path), 'utf8').replace(/\r?\n$/, '')
  } catch {
    report({ variable, expected: 'the path of a readable file', source: path })
    return undefined
  }
}

function readText(path: string, { optional, report }: { optional: boolean; report: Report }): string {
  try {
    return readFileSync(resolve(path), 'utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!(optional && missing))
      report({ variable: 'configuration file', expected: 'a readable file', source: path })
    return ''
  }
}

function readDotenv(content: string, source: string, report: Report): Texts {
  const { values, badLines } = parseDotenv(content)
  for (const line of badLines) report({ variable: `line ${line}`, expected: 'NAME=value', source })
  return Object.fromEntries(values)
}

const Scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const JsonConfig = z.record(
  z.string(),
  z.union([Scalar, z.array(Scalar).transform((items) => items.join(','))]),
)

function readJson(content: string, source: string, report: Report): Texts {
  try {
    const parsed = JsonConfig.safeParse(JSON.parse(content))
    if (parsed.success) return parsed.data
    for (const { path } of parsed.error.issues) {
      report({
        variable: String(path[0]),
        expected: 'a text, a number, true, false or a list of these',
        source,
      })
    }
  } catch {
    // The parser's message would quote the text around the mistake, which may be a secret.
    report({ variable: 'configuration file', expected: 'JSON or NAME=value lines', source })
  }
  return {}
}
