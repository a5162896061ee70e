import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testServer } from '../support/server.ts'

const ROOT = join(import.meta.dir, '../..')
const COMPILE_TIMEOUT_MILLISECONDS = 120_000

/** An application of somebody else: its own compiler settings, and of this project only the package. */
const folder = await mkdtemp(join(tmpdir(), 'authy2-consumer-'))
beforeAll(async () => {
  await mkdir(join(folder, 'node_modules'))
  await symlink(ROOT, join(folder, 'node_modules/authy2'), 'dir')
  await Bun.write(join(folder, 'package.json'), '{ "name": "consumer", "type": "module", "private": true }')
  await Bun.write(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: SETTINGS, files: ['main.ts'] }),
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** As new browser applications get them, with everything strict that the server's own settings leave out. */
const SETTINGS = {
  target: 'ES2022',
  lib: ['ES2022', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
  types: [],
  module: 'ESNext',
  moduleResolution: 'Bundler',
  noEmit: true,
  skipLibCheck: true,
  strict: true,
  erasableSyntaxOnly: true,
  exactOptionalPropertyTypes: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  verbatimModuleSyntax: true,
}

const PROGRAM = `
import { ApiError, createClient, rows, unwrap } from 'authy2/client'

export async function run(url: string, signedIn: { email: string; password: string }): Promise<string[]> {
  const answer = await unwrap(createClient(url).api.v1.auth.login.post(signedIn))
  if (answer.mfa_required) throw new Error(\`Prove one of \${answer.methods.join()} first\`)
  const client = createClient(url, { token: answer.token })
  const { organization } = await unwrap(client.api.v1.organizations.post({ name: 'Acme Corporation' }))
  const acme = client.api.v1.organizations({ id: organization.id })

  const found: string[] = [organization.slug]
  for await (const member of rows((cursor) => acme.members.get({ query: { cursor } }))) {
    found.push(\`\${member.email} \${member.role}\`)
  }
  try {
    await unwrap(acme.delete({ confirm: 'not-the-slug' }))
  } catch (error) {
    if (error instanceof ApiError && error.type === 'VALIDATION_ERROR') found.push('refused')
  }
  return found
}
`

async function compile(program: string): Promise<string> {
  await Bun.write(join(folder, 'main.ts'), program)
  const compiler = Bun.spawn([join(ROOT, 'node_modules/.bin/tsc'), '--project', '.'], {
    cwd: folder,
    stdout: 'pipe',
  })
  return compiler.stdout.text()
}

describe('an application outside of this project', () => {
  test(
    'type-checks against the package',
    async () => {
      expect(await compile(PROGRAM)).toBe('')
    },
    COMPILE_TIMEOUT_MILLISECONDS,
  )

  test(
    'does not compile with what the API does not take or give',
    async () => {
      const problems = await compile(`
import { createClient, unwrap } from 'authy2/client'
const { v1 } = createClient('').api
export const wrongField = v1.organizations.post({ nome: 'Acme' })
export const wrongType = v1.auth.login.post({ email: 'a@example.com', password: 1 })
export const wrongValue = v1.organizations({ id: '' }).invites.post({ email: 'a@example.com', role: 'owner' })
export const missingField = v1.auth.login.post({ email: 'a@example.com' })
export const wrongPath = v1.organisations.post({ name: 'Acme' })
export const wrongRow = unwrap(v1.users.me.get()).then(({ user }) => user.fullName)
export const wrongQuery = v1.auth.sessions.get({ query: { limit: 'many' } })
`)
      const lines = problems.match(/^main\.ts\((\d+),/gm)?.map((place) => Number.parseInt(place.slice(8), 10))
      expect(lines).toEqual([4, 5, 6, 7, 8, 9, 10])
    },
    COMPILE_TIMEOUT_MILLISECONDS,
  )

  test('runs against a server', async () => {
    await using t = await testServer()
    t.app.listen({ hostname: '127.0.0.1', port: 0 })
    const signedIn = { email: 'alice@example.com', password: 'correct horse 7 battery' }
    await t.call('POST', '/auth/register', { body: signedIn })
    await Bun.write(
      join(folder, 'start.ts'),
      `${PROGRAM}\nconsole.log(JSON.stringify(await run(process.argv[2] ?? '', ${JSON.stringify(signedIn)})))`,
    )
    const url = `http://127.0.0.1:${t.app.server?.port}`
    const program = Bun.spawn([process.execPath, 'start.ts', url], { cwd: folder, stderr: 'pipe' })
    const [output, problems] = await Promise.all([program.stdout.text(), program.stderr.text()])
    await t.app.stop(true)
    expect(problems).toBe('')
    expect(JSON.parse(output)).toEqual(['acme-corporation', 'alice@example.com owner', 'refused'])
  })
})
