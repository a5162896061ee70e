import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }

const BUILD = join(import.meta.dir, '../../scripts/build.ts')
const ENTRY = `
declare const AUTHY2_VERSION: string
if (process.argv[2] === 'break') throw new Error('broken on purpose')
console.log(JSON.stringify({ version: AUTHY2_VERSION, fromDotenv: process.env.FROM_DOTENV ?? null }))
`
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authy2 build '))
  await writeFile(join(folder, 'entry.ts'), ENTRY)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function run(command: string[]) {
  const program = Bun.spawn(command, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors] = await Promise.all([program.stdout.text(), program.stderr.text()])
  return { code: await program.exited, output: output.trim(), errors }
}

test('one file is built, which knows its version and maps its stack traces', async () => {
  const dist = join(folder, 'dist')
  const built = await run([process.execPath, BUILD, '--entry', join(folder, 'entry.ts'), '--folder', dist])
  expect(built.code, built.errors).toBe(0)
  expect(await readdir(dist)).toEqual(['authy2'])

  const program = join(dist, 'authy2')
  expect(JSON.parse((await run([program])).output)).toMatchObject({ version: packageJson.version })
  expect((await run([program, 'break'])).errors).toContain('entry.ts:3')
})

test('the program takes neither variables nor code from the folder it is started in', async () => {
  await writeFile(join(folder, '.env'), 'FROM_DOTENV=yes')
  await writeFile(join(folder, 'bunfig.toml'), 'preload = ["./preload.ts"]')
  await writeFile(join(folder, 'preload.ts'), 'console.log("preloaded")')
  const { output } = await run([join(folder, 'dist/authy2')])
  expect(JSON.parse(output)).toEqual({ version: packageJson.version, fromDotenv: null })
})

test('an unknown target is refused with the known ones', async () => {
  const { code, errors } = await run([process.execPath, BUILD, '--target', 'linux-sparc'])
  expect(code).toBe(2)
  expect(errors).toContain('linux-arm64')
})
