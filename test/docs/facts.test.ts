/** What pages list is what the code has: every list is held against its source, both ways. */
import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { AUDIT_ACTIONS } from '../../src/audit/index.ts'
import { systemTerminal } from '../../src/cli/index.ts'
import { createProgram } from '../../src/cli/program.ts'
import { SCOPES } from '../../src/http/index.ts'
import { may, PERMISSIONS, type Permission, ROLES } from '../../src/kernel/index.ts'
import { PATHS } from '../../src/pages/paths.ts'
import { findViolations } from '../support/architecture-rules.ts'
import { testServer } from '../support/server.ts'
import { type Page, ROOT, readPages } from './pages.ts'
import { tableUnder } from './tables.ts'

const pages = readPages()

function page(path: string): Page {
  const found = pages.find((candidate) => candidate.path === path)
  if (!found) throw new Error(`${path} is not there`)
  return found
}

test('the README gives a reason for every dependency', () => {
  const [runtime, development] = ['Dependencies', 'Dependencies for development'].map((heading) =>
    tableUnder(page('README.md'), heading).flatMap(([names = '']) => names.split(', ')),
  )
  expect(runtime?.toSorted()).toEqual(Object.keys(packageJson.dependencies).toSorted())
  expect(development?.toSorted()).toEqual(Object.keys(packageJson.devDependencies).toSorted())
})

test('the README has every command', async () => {
  const whole = { serve: async () => undefined, openapi: async () => undefined }
  const { commands } = createProgram({ terminal: systemTerminal }, whole, () => {})
  const documented = tableUnder(page('README.md'), 'Command line').map(([cell = '']) => cell.split(' ')[1])
  expect(documented.toSorted()).toEqual(commands.map((command) => command.name()).toSorted())
})

test('the page on the audit log has every action', () => {
  const documented = tableUnder(page('docs/audit.md'), 'Events').flatMap(([, actions = '']) =>
    actions.split(' '),
  )
  expect(documented.toSorted()).toEqual([...AUDIT_ACTIONS].toSorted())
})

test('the page on API keys has every scope', () => {
  const documented = tableUnder(page('docs/api-keys.md'), 'Scopes').map(([scope]) => scope ?? '')
  expect(documented.toSorted()).toEqual([...SCOPES].toSorted())
})

test('the page on organizations has the roles as they are', () => {
  const documented = tableUnder(page('docs/organizations.md'), 'Roles').map(([permission, ...cells]) => [
    permission,
    ROLES.filter((_, index) => cells[index] === 'yes'),
  ])
  const permissions = Object.keys(PERMISSIONS) as Permission[]
  expect(documented).toEqual(
    permissions.map((permission) => [permission, ROLES.filter((role) => may(role, permission))]),
  )
})

test('the page on hosted pages has every one that can be opened', async () => {
  await using t = await testServer()
  const documented = tableUnder(page('docs/pages.md'), 'Pages').map(([, path]) => path)
  const roots = new Set<string>(Object.values(PATHS))
  const opened = t.app.routes
    .filter(({ method, path }) => method === 'GET' && roots.has(path.replace(/\/:\w+$/, '')))
    .map(({ path }) => path)
  expect(documented.toSorted()).toEqual(opened.toSorted())
})

test('the page on development has every folder, in an order that the imports keep', () => {
  const layers = tableUnder(page('docs/development.md'), 'The folders').map(
    ([folders = '', reason = '']) => ({
      folders: folders.split(', '),
      reason,
    }),
  )
  const src = join(ROOT, 'src')
  const present = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(layers.flatMap(({ folders }) => folders).toSorted()).toEqual(
    present.map(({ name }) => name).toSorted(),
  )
  const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(src, path), 'utf8') }))
  expect(findViolations(sources, layers).filter((violation) => violation.includes('rank'))).toEqual([])
})
