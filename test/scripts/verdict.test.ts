import { expect, test } from 'bun:test'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findRedis } from '../support/redis.ts'

const ROOT = join(import.meta.dir, '../..')
const PARTS = [
  ...['.gitignore', 'biome.json', 'bunfig.toml', 'tsconfig.json', 'package.json'],
  ...['scripts/test.ts', 'scripts/junit.ts', 'scripts/peers.ts'],
  ...['test/support/programs.ts', 'test/support/postgres.ts', 'test/support/redis.ts'],
  ...['test/support/apache.ts', 'test/support/find-chromium.ts', 'test/support/endings.ts'],
]
const PASSING = "import { test } from 'bun:test'\n\ntest('passes', () => {})\n"

/** A project with the real runner and tests of its own; servers and binary are said to be there already. */
async function project(tests: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'authy2-verdict-'))
  for (const part of PARTS) {
    await mkdir(dirname(join(folder, part)), { recursive: true })
    await cp(join(ROOT, part), join(folder, part))
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  // Redis runs as another user when the tests run as root, and passes through here.
  await chmod(folder, 0o711)
  await mkdir(join(folder, 'tmp'), { mode: 0o711 })
  for (const [name, text] of Object.entries(tests)) await writeFile(join(folder, 'test', name), text)
  const start = (env: Record<string, string>, ...words: string[]) =>
    Bun.spawn([process.execPath, join(folder, 'scripts/test.ts'), ...words], {
      cwd: '/',
      env: {
        ...process.env,
        ...{ CI: '', TMPDIR: join(folder, 'tmp'), TEST_BINARY: '/none' },
        ...{ TEST_DATABASE_URL: 'postgres://none', TEST_REDIS_URL: 'redis://none' },
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  return {
    folder,
    start,
    async run(env: Record<string, string>, ...words: string[]) {
      const runner = start(env, ...words)
      const [output, steps] = await Promise.all([runner.stdout.text(), runner.stderr.text()])
      return { code: await runner.exited, verdict: output.trimEnd().split('\n').at(-1), output, steps }
    },
    temporaryFiles: () => readdir(join(folder, 'tmp')),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true })
    },
  }
}

test('type check, lint and every test are counted, and all passing is success', async () => {
  await using place = await project({
    'a.test.ts': `${PASSING}test.skip('waits', () => {})\n`,
    'b.test.ts': PASSING,
  })
  const all = await place.run({})
  expect(all.verdict, all.steps).toBe('4 passed, 0 failed, 1 skipped')
  expect(all.code).toBe(0)
  const some = await place.run({}, 'test/b.test.ts')
  expect(some.verdict).toBe('3 passed, 0 failed')
  expect(await place.temporaryFiles()).toEqual([])
})

test('a wrong type, a lint error and a failing test are three failures', async () => {
  const wrong = "import { expect, test } from 'bun:test'\n\ntest('fails', () => expect(1).toBe(2 as any))\n"
  await using place = await project({
    'a.test.ts': wrong,
    'b.test.ts': `${PASSING}\nexport const n: number = 'text'\n`,
  })
  const { code, verdict } = await place.run({})
  expect(verdict).toBe('1 passed, 3 failed')
  expect(code).toBe(1)
})

test('what no report mentions is a failure: a file that does not load, a crash, no test at all', async () => {
  await using place = await project({
    'a.test.ts': PASSING,
    'broken.test.ts': "await Promise.reject(new Error('does not load'))\n\nexport {}\n",
    'crash.test.ts': "process.kill(process.pid, 'SIGKILL')\n\nexport {}\n",
  })
  expect(await place.run({}, 'test/a.test.ts', 'test/broken.test.ts')).toMatchObject({
    code: 1,
    verdict: '3 passed, 1 failed',
  })
  expect(await place.run({}, 'crash')).toMatchObject({ code: 1, verdict: '2 passed, 1 failed' })
  expect(await place.run({}, 'nothing-is-called-so')).toMatchObject({
    code: 1,
    verdict: '2 passed, 1 failed',
  })
  expect(await place.run({}, 'test/a', '-t', 'no such name')).toMatchObject({ code: 1 })
})

test('a missing server is named with its remedy, and is a failure in CI only', async () => {
  await using place = await project({ 'a.test.ts': PASSING })
  const bare = { PATH: '/nowhere', TEST_REDIS_URL: '' }
  const local = await place.run(bare)
  expect(local.output).toContain('Redis: not found; install it or set TEST_REDIS_URL\n')
  expect(local.verdict).toBe('3 passed, 0 failed')
  const inCi = await place.run({ ...bare, CI: 'true' })
  expect(inCi.code).toBe(1)
  expect(inCi.output).toContain('Redis: not found')
})

const isRoot = process.getuid?.() === 0
test.skipIf(!findRedis() || !isRoot)('CI installs what is missing first, and then uses it', async () => {
  await using place = await project({ 'a.test.ts': PASSING })
  const path = join(place.folder, 'path')
  await mkdir(path)
  const aptGet = `#!/bin/sh
echo "$*" >>"${path}/calls"
case "$*" in *install*) /bin/ln -s "${findRedis()}" "${path}/redis-server" ;; esac
`
  await writeFile(join(path, 'apt-get'), aptGet, { mode: 0o755 })
  const { output, steps } = await place.run({ CI: 'true', PATH: path, TEST_REDIS_URL: '' })
  expect(steps).toContain('authy2: starting Redis\n')
  expect(output).not.toContain('Redis: not found')
  const [update, install] = (await readFile(join(path, 'calls'), 'utf8')).split('\n')
  expect(update).toEndWith('update')
  expect(install).toMatch(/install -y --no-install-recommends .*redis-server/)
  // PostgreSQL was given by its address.
  expect(install).not.toContain('postgresql')
})

test.skipIf(!findRedis())(
  'an interrupted run stops its servers, and those that its tests started',
  async () => {
    await using place = await project({
      'a.test.ts': `import { test } from 'bun:test'

test('waits with a server', async () => {
  const server = Bun.spawn(['sleep', '600'])
  console.log('STARTED', server.pid, process.env.TEST_REDIS_URL)
  await Bun.sleep(600_000)
}, 600_000)
`,
    })
    const runner = place.start({ TEST_REDIS_URL: '' })
    let output = ''
    for await (const chunk of runner.stdout.pipeThrough(new TextDecoderStream())) {
      output += chunk
      if (/STARTED .*\n/.test(output)) runner.kill('SIGINT')
    }
    expect(await runner.exited).toBe(1)
    expect(output.trimEnd().split('\n').at(-1)).toBe('2 passed, 1 failed')
    const [, pid, url = ''] = /STARTED (\d+) (\S+)/.exec(output) ?? []
    expect(await isAlive(Number(pid))).toBe(false)
    const redis = Bun.connect({
      hostname: '127.0.0.1',
      port: Number(new URL(url).port),
      socket: { data() {} },
    })
    await expect(redis).rejects.toThrow()
    expect(await place.temporaryFiles()).toEqual([])
  },
)

/** A killed process stays in the table until its new parent has taken note of its end. */
async function isAlive(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      process.kill(pid, 0)
    } catch {
      return false
    }
    await Bun.sleep(20)
  }
  return true
}
