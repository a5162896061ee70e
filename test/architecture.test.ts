import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findViolations, importsOf, type Layer, type SourceFile } from './support/architecture-rules.ts'

/**
 * Which way imports run: from a folder to those of lower layers only. To move a folder is a decision, made
 * here with its reason.
 */
const LAYERS: readonly Layer[] = [
  { folders: ['kernel'], reason: 'the words that everything else is said in' },
  {
    folders: ['config', 'protocol'],
    reason: 'settings, and standards as pure functions: nothing to do with storage',
  },
  {
    folders: ['telemetry', 'outbound'],
    reason: 'log and metrics that everything reports to, and requests to others that anything may make',
  },
  { folders: ['db', 'kv'], reason: 'where things are kept' },
  { folders: ['audit'], reason: 'the record that every capability writes' },
  { folders: ['keys'], reason: 'secrets at rest and what tokens are signed with; a rotation is recorded' },
  { folders: ['http'], reason: 'the edge that routes stand on; its cursors are signed by a key' },
  { folders: ['outbox'], reason: 'has routes; mail is sealed by a key, its loss is recorded' },
  { folders: ['health'], reason: 'tells how all below is doing, mail included' },
  { folders: ['users'], reason: 'the people that all capabilities above are about' },
  { folders: ['sessions', 'organizations'], reason: 'who is calling, and what they belong to' },
  { folders: ['credentials', 'clients'], reason: 'what people and applications prove themselves with' },
  { folders: ['policies'], reason: 'judges sessions, credentials and membership' },
  { folders: ['authentication'], reason: 'signs in by credentials, as far as policies allow' },
  {
    folders: ['authorization-server', 'ssh-ca', 'zerotier', 'scim'],
    reason: 'what a signed-in person is given; none knows of the others',
  },
  { folders: ['access'], reason: 'ends and explains what the capabilities below have given' },
  { folders: ['admin', 'profile'], reason: 'orders access to end things: for the instance, for oneself' },
  { folders: ['jobs'], reason: 'has the capabilities do what is due' },
  { folders: ['pages', 'cli', 'openapi'], reason: 'faces over the capabilities; doctor looks at the jobs' },
]

const SRC = join(import.meta.dir, '../src')

const sources: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(SRC, path), 'utf8') }))

test('every file under src keeps the rules', () => {
  expect(sources.length).toBeGreaterThan(50)
  expect(findViolations(sources, LAYERS)).toEqual([])
})

test('every folder has one rank and one reason', () => {
  const folders = LAYERS.flatMap((layer) => layer.folders)
  expect(new Set(folders).size).toBe(folders.length)
  expect(LAYERS.filter(({ reason }) => reason === '')).toEqual([])
})

describe('the rules', () => {
  const layers: readonly Layer[] = [
    { folders: ['kernel'], reason: 'lowest' },
    { folders: ['config', 'protocol', 'db'], reason: 'middle' },
    { folders: ['users'], reason: 'highest' },
  ]
  const violations = (path: string, text: string) => findViolations([{ path, text }], layers)

  test.each([
    ['a lower folder', 'users/index.ts', `import { a } from '../kernel/index.ts'`],
    ['its own folder', 'users/store.ts', `import { a } from './deep/views.ts'`],
    ['its own folder from within', 'users/deep/views.ts', `import { a } from '../store.ts'`],
    ['a standard', 'users/store.ts', `import { a } from '../protocol/otp/index.ts'`],
    ['a package', 'users/store.ts', `import { and } from 'drizzle-orm'`],
    ['a text outside of src', 'db/sql.ts', `import a from '../../drizzle/a.sql' with { type: 'text' }`],
    [
      'any folder from the root',
      'app.ts',
      `import { a } from './users/index.ts'\nimport { b } from './deps.ts'`,
    ],
    ['types of the app from the client', 'client.ts', `import type { App } from './app.ts'`],
    ['the client from the console', 'console/app.tsx', `import { createClient } from '../client.ts'`],
  ])('allow importing %s', (_, path, text) => {
    expect(violations(path, text)).toEqual([])
  })

  test.each([
    ['a higher folder', 'db/open.ts', `import { a } from '../users/index.ts'`],
    ['a folder of the same rank', 'db/open.ts', `import { a } from '../config/index.ts'`],
    ['the root', 'users/index.ts', `import { a } from '../app.ts'`],
    ['a type', 'db/open.ts', `import type { A } from '../users/index.ts'`],
    ['over several lines', 'db/open.ts', `import {\n  a,\n  type B,\n} from '../users/index.ts'`],
    ['by export', 'db/open.ts', `export { a } from '../users/index.ts'`],
    ['for its effect', 'db/open.ts', `import '../users/index.ts'`],
    ['later', 'db/open.ts', `const a = await import('../users/index.ts')`],
    ['from a folder without a rank', 'novelty/a.ts', `import { a } from '../kernel/index.ts'`],
    ['a folder without a rank', 'users/a.ts', `import { a } from '../novelty/index.ts'`],
    ['past the door', 'users/a.ts', `import { a } from '../db/open.ts'`],
    ['past the door of a standard', 'users/a.ts', `import { a } from '../protocol/otp/totp.ts'`],
    ['past the door from the root', 'app.ts', `import { a } from './users/store.ts'`],
    ['code outside of src', 'users/a.ts', `import { a } from '../../test/support/a.ts'`],
    ['values of the app from the client', 'client.ts', `import { app } from './app.ts'`],
    ['anything else from the client', 'client.ts', `import type { A } from './kernel/index.ts'`],
    ['a capability from the console', 'console/app.tsx', `import { a } from '../users/index.ts'`],
  ])('refuse importing %s', (_, path, text) => {
    expect(violations(path, text)).toHaveLength(1)
  })

  test.each([
    ['Date.now()', 'kernel'],
    ['new Date()', 'kernel'],
    ['new Date', 'kernel'],
    ['Date()', 'kernel'],
    ['performance.now()', 'kernel'],
    ['process.hrtime.bigint()', 'kernel'],
    ['Math.random()', 'kernel'],
    ['crypto.getRandomValues(bytes)', 'kernel'],
    ['crypto.randomUUID()', 'kernel'],
    ['Bun.randomUUIDv7()', 'kernel'],
    ['randomBytes(8)', 'kernel'],
    ['randomInt(8)', 'kernel'],
    ['process.env', 'config'],
    ['process.env.HOME', 'config'],
    ['process.env.NODE_ENV', 'config'],
    [`process['env']`, 'config'],
    ['Bun.env.HOME', 'config'],
    ['import.meta.env.HOME', 'config'],
    ['sql`select 1`', 'db'],
    ['sql<number>`select 1`', 'db'],
    ['sql.raw(text)', 'db'],
  ])('keep `%s` to %s', (expression, folder) => {
    const text = `export const value = ${expression}`
    expect(violations('users/a.ts', text)).toHaveLength(1)
    expect(violations(`${folder}/a.ts`, text)).toEqual([])
    expect(violations('users/a.ts', `/** Not by \`${expression}\`. */\n// ${expression}\n`)).toEqual([])
  })

  test('keep the drivers of databases to db', () => {
    const text = `import { Database } from 'bun:sqlite'\nexport const file = new Database(':memory:')`
    expect(violations('users/a.ts', text)).toHaveLength(1)
    expect(violations('db/a.ts', text)).toEqual([])
  })

  test('know a date that is given from one that is read off the clock', () => {
    expect(violations('users/a.ts', 'export const day = (at: Date) => new Date(at.getTime())')).toEqual([])
  })

  test.each([
    ['a file of more than 500 lines', 'users/a.ts', '// line\n'.repeat(501)],
    ['a default export', 'users/a.ts', 'export default 1'],
    ['a default export by another name', 'users/a.ts', 'const a = 1\nexport { a as default }'],
    ['an export of everything', 'users/a.ts', `export * from './b.ts'`],
    ['a named export of everything', 'users/a.ts', `export * as b from './b.ts'`],
    ['a folder called utils', 'users/utils/a.ts', ''],
    ['a file called helpers', 'users/helpers.ts', ''],
    ['a folder called shared', 'users/shared/a.ts', ''],
    ['work left to do', 'users/a.ts', '// TODO: the rest'],
    ['work left to mend', 'users/a.ts', '/* FIXME */'],
  ])('refuse %s', (_, path, text) => {
    expect(violations(path, text)).toHaveLength(1)
  })

  test.each([
    ['a file of 500 lines', 'users/a.ts', '// line\n'.repeat(500)],
    [
      'the default export of a foreign module',
      'db/a.d.ts',
      `declare module '*.sql' {\n  export default text\n}`,
    ],
    ['a name that only contains a refused one', 'users/common-names.ts', ''],
  ])('allow %s', (_, path, text) => {
    expect(violations(path, text)).toEqual([])
  })

  test('do not take a comment for an import', () => {
    expect(importsOf(`// import { a } from './a.ts'\n/* export { b } from './b.ts' */\n`)).toEqual([])
  })
})
