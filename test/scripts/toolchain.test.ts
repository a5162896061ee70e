import { expect, test } from 'bun:test'
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }

const SCRIPTS = join(import.meta.dir, '../../scripts')
const PINNED = packageJson.packageManager.replace('bun@', '')

const LOCKFILE = `{
  "lockfileVersion": 2,
  "configVersion": 1,
  "workspaces": { "": { "name": "stand-in", "dependencies": { "local": "file:./local" } } },
  "packages": { "local": ["local@file:local", {}] }
}
`

/** A checkout with one dependency of its own, in a path with a space, whose server tells how it was started. */
async function checkout(lockfile = LOCKFILE) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'authy2 checkout ')))
  const write = async (path: string, text: string, mode = 0o644) => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text, { mode })
  }
  await cp(SCRIPTS, join(folder, 'scripts'), { recursive: true })
  const manifest = {
    name: 'stand-in',
    packageManager: `bun@${PINNED}`,
    dependencies: { local: 'file:./local' },
  }
  await write('package.json', JSON.stringify(manifest, null, 2))
  await write('local/package.json', '{ "name": "local", "version": "1.0.0" }')
  await write('bun.lock', lockfile)
  await write(
    'src/main.ts',
    'import "local/package.json"; console.log(process.pid, process.cwd(), Bun.version, ...process.argv.slice(2))',
  )
  // The commands that the launchers use, and nothing else: above all no Bun.
  await mkdir(join(folder, 'path'))
  for (const command of ['cat', 'cksum', 'dirname', 'mkdir', 'sed', 'sh', 'uname']) {
    await symlink(Bun.which(command) ?? command, join(folder, 'path', command))
  }
  return {
    folder,
    write,
    /** Runs a launcher as somebody who is somewhere else. */
    async run(name: string, ...words: string[]) {
      const program = Bun.spawn([join(folder, 'scripts', name), ...words], {
        cwd: '/',
        env: { PATH: join(folder, 'path'), HOME: join(folder, 'home') },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const [output, steps] = await Promise.all([program.stdout.text(), program.stderr.text()])
      return { code: await program.exited, pid: program.pid, output: output.trim(), steps: steps.trim() }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** What npm leaves: the program in a package for this machine, and a shim that only says why it does not work. */
const NPM = `#!/bin/sh
printf '%s\\n' "$*" >>npm-calls
mkdir -p .bun/node_modules/.bin .bun/node_modules/@oven/bun-other/bin .bun/node_modules/@oven/bun-this/bin
ln -s "${process.execPath}" .bun/node_modules/@oven/bun-this/bin/bun
printf '#!/bin/sh\\nexit 1\\n' >.bun/node_modules/@oven/bun-other/bin/bun
cp .bun/node_modules/@oven/bun-other/bin/bun .bun/node_modules/.bin/bun
chmod +x .bun/node_modules/@oven/bun-other/bin/bun .bun/node_modules/.bin/bun
`

async function withNpm(place: Awaited<ReturnType<typeof checkout>>, script = NPM) {
  await place.write('path/npm', script, 0o755)
  for (const command of ['chmod', 'cp', 'ln']) {
    await symlink(Bun.which(command) ?? command, join(place.folder, 'path', command))
  }
}

test('a launcher works from another folder, passes its arguments on and becomes the server', async () => {
  await using place = await checkout()
  await symlink(process.execPath, join(place.folder, 'path', 'bun'))
  const { code, pid, output } = await place.run('serve', '--demo', 'two words')
  expect(code).toBe(0)
  // The same process id: signals for the launcher reach the server.
  expect(output).toBe(`${pid} ${place.folder} ${PINNED} serve --demo two words`)
})

test('without Bun the pinned version is installed once, and the second run needs no network', async () => {
  await using place = await checkout()
  await withNpm(place)
  const first = await place.run('serve')
  expect(first.output).toEndWith(`${PINNED} serve`)
  expect(first.steps.split('\n')).toEqual([
    `authy2: installing Bun ${PINNED} into .bun`,
    'authy2: installing the locked dependencies',
    'authy2: starting the server',
  ])
  const calls = await readFile(join(place.folder, 'npm-calls'), 'utf8')
  expect(calls).toContain(`install --prefix .bun`)
  expect(calls.trim()).toEndWith(`bun@${PINNED}`)

  await rm(join(place.folder, 'path/npm'))
  const second = await place.run('serve')
  expect(second.output).toEndWith(`${PINNED} serve`)
  expect(second.steps).toBe('authy2: starting the server')
})

test('a Bun of another version is passed over', async () => {
  await using place = await checkout()
  await withNpm(place)
  await place.write('path/bun', '#!/bin/sh\necho 0.0.1\n', 0o755)
  const { output } = await place.run('serve')
  expect(output).toEndWith(`${PINNED} serve`)
})

test('a changed lockfile is installed again, an equal one is not', async () => {
  await using place = await checkout()
  await symlink(process.execPath, join(place.folder, 'path', 'bun'))
  const installing = 'installing the locked dependencies'
  expect((await place.run('serve')).steps).toContain(installing)
  const lockfile = await readFile(join(place.folder, 'bun.lock'), 'utf8')
  await place.write('bun.lock', lockfile)
  expect((await place.run('serve')).steps).not.toContain(installing)
  await place.write('bun.lock', `${lockfile}\n`)
  expect((await place.run('serve')).steps).toContain(installing)
})

test('a dependency that cannot be installed stops the start, and is tried again the next time', async () => {
  await using place = await checkout('not a lockfile')
  await symlink(process.execPath, join(place.folder, 'path', 'bun'))
  for (const _ of ['first', 'second']) {
    const { code, output, steps } = await place.run('serve')
    expect(code).not.toBe(0)
    expect(output).toBe('')
    expect(steps).toContain('installing the locked dependencies')
  }
})

test('a machine with neither npm nor Bun is told what to install', async () => {
  await using place = await checkout()
  const { code, steps } = await place.run('serve')
  expect(code).toBe(1)
  expect(steps).toContain('neither npm nor Bun is here')
})

test('a Bun that does not run on this machine is said so', async () => {
  await using place = await checkout()
  await withNpm(place, '#!/bin/sh\nexit 0\n')
  const { code, steps } = await place.run('serve')
  expect(code).toBe(1)
  expect(steps).toContain(`Bun ${PINNED} does not run on this machine`)
})
