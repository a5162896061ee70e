/** Whatever a page names in passing is there: routes, variables, other pages. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { VARIABLES, type VariableName } from '../../src/config/variables/table.ts'
import { ERROR_STATUS } from '../../src/kernel/index.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { type Page, ROOT, readPages } from './pages.ts'

const pages = readPages()
const FENCED = /^ {0,3}(`{3,}|~{3,})[\s\S]*?^ {0,3}\1[`~]*$/gm
const METHOD = 'GET|POST|PUT|PATCH|DELETE'

const prose = ({ text }: Page) => text.replaceAll(FENCED, '')
const codeIn = (page: Page) => [...prose(page).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)

let t: TestServer
beforeAll(async () => {
  t = await testServer()
})
afterAll(() => t[Symbol.asyncDispose]())

describe.each(pages)('$path', (page) => {
  test('names routes that are there', () => {
    const routes = t.app.routes.map(({ method, path }) => ({ method, path: path.replace(/^\/api\/v1/, '') }))
    const isThere = ({ method, path }: { method: string; path: string }) =>
      routes.some(
        (route) => route.method === method && new RegExp(`^${patternOf(path)}(/:\\w+)?/?$`).test(route.path),
      )
    const named = [...routesInText(page), ...routesInTables(page)]
    expect(named.filter((route) => !isThere(route))).toEqual([])
  })

  test('names variables and failures that are there', () => {
    const names = codeIn(page)
      .map((code) => code.replace(/=.*$/, ''))
      .filter((code) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(code))
    expect(
      names.filter((name) => !(name.startsWith('TEST_') || isVariable(name) || name in ERROR_STATUS)),
    ).toEqual([])
  })

  test('leads to pages and headings that are there', () => {
    const links = [...prose(page).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target)
    const local = links.filter((target) => !/^https?:/.test(target))
    expect(local.filter((target) => !leadsSomewhere(page, target))).toEqual([])
  })
})

test('pages name so many routes that the check of them means something', () => {
  const named = pages.flatMap((page) => [...routesInText(page), ...routesInTables(page)])
  expect(named.length).toBeGreaterThan(30)
})

const routesInText = (page: Page) =>
  codeIn(page).flatMap((code) => {
    const [, method, path] = new RegExp(`^(${METHOD}) ([/…]\\S*)$`).exec(code) ?? []
    return method && path ? [{ method, path }] : []
  })

/** `| GET POST | \`/path\` | …`: any of the methods. */
const routesInTables = (page: Page) =>
  [
    ...prose(page).matchAll(new RegExp(`^\\| ((?:${METHOD})(?: (?:${METHOD}))*) \\| \`([^\`]+)\``, 'gm')),
  ].flatMap(([, methods = '', path = '']) => methods.split(' ').map((method) => ({ method, path })))

/** `…` stands for the beginning of a path that was named before. */
const patternOf = (path: string) =>
  path
    .replace(/\?.*$/, '')
    .replace(/^\/api\/v1/, '')
    .split('…')
    .map((part) => RegExp.escape(part))
    .join('.*')

const isVariable = (name: string): boolean => {
  const plain = name.replace(/^AUTHY2_/, '')
  if (plain in VARIABLES) return true
  const base = plain.replace(/_FILE$/, '')
  return base !== plain && base in VARIABLES && VARIABLES[base as VariableName].secret !== undefined
}

function leadsSomewhere({ path }: Page, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const destination = file === '' ? path : normalize(join(dirname(path), file))
  if (!existsSync(join(ROOT, destination))) return false
  if (anchor === undefined) return true
  const headings =
    pages.find((candidate) => candidate.path === destination)?.text.matchAll(/^#+ (.+)$/gm) ?? []
  return [...headings].some(([, heading = '']) => slugOf(heading) === anchor)
}

/** As code hosts make an anchor of a heading. */
const slugOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
