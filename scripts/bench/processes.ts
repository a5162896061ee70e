import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../test/support/servers.ts'

/** `USER_HZ` of Linux. */
const MILLISECONDS_A_TICK = 10
const ROOT = join(import.meta.dir, '../..')

export interface Running extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  readonly dataDir: string
  /** Milliseconds from the start of the process to its first good answer. */
  readonly startMilliseconds: number
  /** Milliseconds that processors have worked for it so far, on all of its threads. */
  processorMilliseconds(): Promise<number>
  /** Resident set size in bytes. */
  residentBytes(): Promise<number>
}

/** The compiled binary where it has been built, else the sources. */
export async function authy2Command(): Promise<readonly string[]> {
  const binary = join(ROOT, 'dist/authy2')
  return (await Bun.file(binary).exists()) ? [binary] : [process.execPath, join(ROOT, 'src/main.ts')]
}

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'authy2-bench-'))

/** Starts Authy2 on a folder that may hold a database already; the folder goes away with it. */
export async function startAuthy2(options: {
  dataDir: string
  env?: Record<string, string>
}): Promise<Running> {
  const port = await freePort()
  const command = [...(await authy2Command()), 'serve']
  const env = {
    NODE_ENV: 'development',
    DATA_DIR: options.dataDir,
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_FORMAT: 'json',
    // The limits stay on, so that their cost is measured; they are only out of reach.
    RATELIMIT_API: '100000000/1h',
    RATELIMIT_LOGIN: '100000000/1h',
    RATELIMIT_OIDC_TOKEN: '100000000/1h',
    OIDC_AUTHORIZATION_CODE_LIFETIME: '10m',
    ...options.env,
  }
  return start({ command, env, port, path: '/api/health/live', folder: options.dataDir })
}

export interface Runtime {
  readonly name: string
  readonly executable: string
}

const BUN: Runtime = { name: `Bun ${Bun.version}`, executable: process.execPath }
/** From here on Node takes TypeScript as it is. */
const NODE_VERSION = '>=22.18'

/** What oidc-provider is made for, where this machine has it; else this Bun. */
export function nodeOrBun(): Runtime {
  const executable = Bun.which('node')
  if (!executable) return BUN
  const version = Bun.spawnSync([executable, '--version']).stdout.toString().trim().slice(1)
  return Bun.semver.satisfies(version, NODE_VERSION) ? { name: `Node ${version}`, executable } : BUN
}

/** A peer in a process of its own: a script that takes its port and folder from the environment. */
export async function startPeer(
  script: string,
  path: string,
  { executable }: Runtime = BUN,
): Promise<Running> {
  const port = await freePort()
  const folder = await temporaryFolder()
  const command = [executable, join(import.meta.dir, 'peers', script)]
  return start({ command, env: { PEER_PORT: String(port), PEER_FOLDER: folder }, port, path, folder })
}

async function start(options: {
  command: readonly string[]
  env: Record<string, string>
  port: number
  path: string
  folder: string
}): Promise<Running> {
  const began = performance.now()
  const child = Bun.spawn([...options.command], {
    cwd: options.folder,
    env: { PATH: process.env.PATH ?? '', ...options.env },
    stdout: Bun.file(join(options.folder, 'stdout.log')),
    stderr: Bun.file(join(options.folder, 'stderr.log')),
  })
  const url = `http://127.0.0.1:${options.port}`
  const startMilliseconds = await untilAnswering(`${url}${options.path}`, began, child, options.folder)
  return {
    url,
    pid: child.pid,
    dataDir: options.folder,
    startMilliseconds,
    async processorMilliseconds() {
      const stat = await Bun.file(`/proc/${child.pid}/stat`).text()
      const [, fields = ''] = stat.split(') ') // after the name: utime and stime are the 14th and 15th of all
      const ticks = fields.split(' ').slice(11, 13)
      return ticks.reduce((sum, each) => sum + Number(each) * MILLISECONDS_A_TICK, 0)
    },
    async residentBytes() {
      const status = await Bun.file(`/proc/${child.pid}/status`).text()
      return Number(/VmRSS:\s*(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await child.exited
      await rm(options.folder, { recursive: true, force: true })
    },
  }
}

async function untilAnswering(
  url: string,
  began: number,
  child: Bun.Subprocess,
  folder: string,
): Promise<number> {
  for (;;) {
    try {
      const response = await fetch(url)
      await response.arrayBuffer()
      if (response.ok) return performance.now() - began
    } catch {
      // not listening yet
    }
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}; see ${folder}`)
    if (performance.now() - began > 30_000) throw new Error(`${url} did not answer within 30 s`)
    await Bun.sleep(1)
  }
}
