/**
 * Compiles the server, console, migrations and command line into one file.
 * For another system Bun fetches its own runtime of that system from the npm registry, once.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import packageJson from '../package.json' with { type: 'json' }

const TARGETS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'windows-x64'] as const
type Target = (typeof TARGETS)[number]

const root = join(import.meta.dir, '..')
const { values: options } = parseArgs({
  options: {
    target: { type: 'string', multiple: true },
    entry: { type: 'string', default: join(root, 'src/main.ts') },
    folder: { type: 'string', default: join(root, 'dist') },
  },
})

for (const target of chosenTargets(options.target)) {
  const file = await build(target)
  console.error(`authy2: built ${file} (${Math.round(Bun.file(file).size / 1e6)} MB)`)
}

/** Without a target: this machine, and the plain name. */
function chosenTargets(names: readonly string[] = []): readonly (Target | undefined)[] {
  if (names.length === 0) return [undefined]
  if (names.includes('all')) return TARGETS
  const unknown = names.find((name) => !TARGETS.some((target) => target === name))
  if (unknown !== undefined) {
    console.error(`authy2: unknown target ${unknown}; known are ${TARGETS.join(', ')} and all`)
    process.exit(2)
  }
  return TARGETS.filter((target) => names.includes(target))
}

async function build(target: Target | undefined): Promise<string> {
  const suffix = target?.startsWith('windows') ? '.exe' : ''
  const outfile = join(options.folder, (target ? `authy2-${target}` : 'authy2') + suffix)
  await Bun.build({
    entrypoints: [options.entry],
    target: 'bun',
    format: 'esm',
    bytecode: true,
    // Identifiers keep their names: Elysia reads handlers' sources, and stack traces stay readable.
    minify: { whitespace: true, syntax: true },
    sourcemap: 'inline',
    define: {
      AUTHY2_VERSION: JSON.stringify(packageJson.version),
      // What libraries see. The server's own mode is read from the environment when it starts.
      'process.env.NODE_ENV': '"production"',
    },
    compile: {
      outfile,
      ...(target && { target: `bun-${target}` as const }),
      // A program that guards secrets takes no code or settings from the folder it happens to be started in.
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  })
  // The map is inside the program as well.
  await rm(`${outfile.slice(0, outfile.length - suffix.length)}.map`, { force: true })
  return outfile
}
