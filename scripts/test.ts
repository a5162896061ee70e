/**
 * Type check, lint, build and every test that this machine can run, with a PostgreSQL and a Redis of their own.
 * Says what was left out, and ends with the line `N passed, M failed`.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPostgres, startPostgres } from '../test/support/postgres.ts'
import { findRedis, startRedis } from '../test/support/redis.ts'
import { countJunit, type Tally } from './junit.ts'
import { installPeers, isMissing, PEERS } from './peers.ts'

const RUN_TIMEOUT_MS = 13 * 60_000
const TEST_TIMEOUT_MS = 30_000
const CI = process.env.CI === 'true'
const root = join(import.meta.dir, '..')
const testArguments = process.argv.slice(2)
const tally: Tally = { passed: 0, failed: 0, skipped: 0 }
const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interruption.abort())

// Everything temporary of the run is in here: what a killed test leaves behind goes with it. Servers that run as
// another user need to pass through.
const folder = await mkdtemp(join(tmpdir(), 'authy2-test-'))
await chmod(folder, 0o711)
process.env.TMPDIR = folder
const leftOut: string[] = []
try {
  await runEverything()
} catch (error) {
  if (!interruption.signal.aborted) fail(error instanceof Error ? error.message : String(error))
} finally {
  await rm(folder, { recursive: true, force: true })
}
if (interruption.signal.aborted) fail('interrupted')

for (const line of leftOut) console.log(line)
const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''
console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`)
process.exit(tally.failed === 0 ? 0 : 1)

async function runEverything(): Promise<void> {
  await findPeers()
  interruption.signal.throwIfAborted()
  await using servers = new AsyncDisposableStack()
  if (!process.env.TEST_DATABASE_URL && findPostgres()) {
    step('starting PostgreSQL')
    process.env.TEST_DATABASE_URL = servers.use(await startPostgres()).url
    process.env.TEST_DATABASE_IS_THROWN_AWAY = 'true'
  }
  if (!process.env.TEST_REDIS_URL && findRedis()) {
    step('starting Redis')
    process.env.TEST_REDIS_URL = servers.use(await startRedis()).url
  }
  const isBuilt = needsBinary()
  await Promise.all([
    // Run by Bun although their first lines name Node.js, which need not be here.
    check('type check', ['node_modules/typescript/bin/tsc', '--noEmit']),
    check('lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.']),
    ...(isBuilt ? [check('build', ['scripts/build.ts'])] : []),
  ])
  if (isBuilt) process.env.TEST_BINARY = join(root, 'dist/authy2')
  await runTests()
}

/** A peer that is missing takes its suites with it: on a developer's machine a remark, in CI a failure. */
async function findPeers(): Promise<void> {
  const wanted = PEERS.filter(isMissing)
  if (CI && wanted.length > 0 && process.getuid?.() === 0 && Bun.which('apt-get')) {
    step(`installing ${wanted.flatMap((peer) => peer.packages).join(', ')}`)
    await installPeers(wanted, interruption.signal)
  }
  for (const peer of PEERS.filter(isMissing)) {
    const remedy = peer.address ? `install it or set ${peer.address}` : 'install it'
    leftOut.push(`${peer.name}: not found; ${remedy}`)
    if (CI) tally.failed++
  }
}

/** The compiled program is built for the black-box tests: not when only other files were asked for. */
function needsBinary(): boolean {
  if (process.env.TEST_BINARY) return false
  return testArguments.length === 0 || testArguments.some((argument) => argument.includes('blackbox'))
}

async function check(name: string, script: string[]): Promise<void> {
  step(name)
  const code = await spawnBun(script).exited
  interruption.signal.throwIfAborted()
  if (code === 0) tally.passed++
  else fail(`${name} failed`)
}

async function runTests(): Promise<void> {
  step('tests')
  const report = join(folder, 'junit.xml')
  const options = [
    ...['--reporter=junit', `--reporter-outfile=${report}`, `--timeout=${TEST_TIMEOUT_MS}`],
    // Two at a time: much of a test is waiting for a database or a child. What is measured is measured as a ratio.
    ...['--parallel=2', '--no-isolate'],
  ]
  const run = spawnBun(['test', ...options, ...testArguments], { timeout: RUN_TIMEOUT_MS, detached: true })
  const code = await run.exited
  killGroup(run.pid)
  interruption.signal.throwIfAborted()

  const file = Bun.file(report)
  const tests = countJunit((await file.exists()) ? await file.text() : '')
  tally.passed += tests.passed
  tally.failed += tests.failed
  tally.skipped += tests.skipped
  // The report knows nothing of a file that does not load, nor of a runner that crashed or was stopped.
  if (run.signalCode !== null) fail(`the tests were ended by ${run.signalCode}`)
  else if (code !== 0 && tests.failed === 0) fail(`bun test failed with exit status ${code}`)
  else if (tests.passed + tests.failed === 0) fail('no test ran')
}

/** Names the environment, because what this process has added to it is not passed on by default. */
function spawnBun(command: string[], options: { timeout?: number; detached?: boolean } = {}) {
  return Bun.spawn([process.execPath, ...command], {
    cwd: root,
    env: process.env,
    stdio: ['ignore', 'inherit', 'inherit'],
    signal: interruption.signal,
    ...options,
  })
}

/** Ends the servers and browsers that a crashed or stopped test left running: they are in its process group. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody was left.
  }
}

function step(what: string): void {
  console.error(`authy2: ${what}`)
}

function fail(reason: string): void {
  console.error(`authy2: ${reason}`)
  tally.failed++
}
