/** Server programs of this machine, started for a test and gone after it. */
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const START_TIMEOUT_MS = 60_000
const PORT_ATTEMPTS = 3

type User = { uid: number; gid: number }

export interface Program {
  readonly port: number
  stop(): Promise<void>
}

export interface ProgramOptions {
  /** A folder of `programFolder()`; the program's working directory and the home of its log. */
  folder: string
  /** The command line that makes it listen on 127.0.0.1 at this port. */
  command: (port: number) => string[]
  /** The line of its log that says that it accepts connections. */
  ready: RegExp
  stopSignal: 'SIGTERM' | 'SIGQUIT'
  /** Beside what this process has. */
  env?: Readonly<Record<string, string>>
  /** Omitted: a free one is found. */
  port?: number
}

/**
 * Starts a server and resolves once it accepts connections; throws with the end of its log when it does not.
 * A free port can be taken by another process before the server binds it, hence more than one attempt.
 */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnPort(options, options.port ?? freePort())
    } catch (error) {
      if (options.port !== undefined || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

/** A port of 127.0.0.1 on which nobody listens at this moment. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = listener
  listener.stop(true)
  return port
}

/** A temporary folder that only the user of `runProgram` and `startProgram` can read. */
export function programFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `authy2-${name}-`))
  const user = unprivilegedUser()
  if (user) chownSync(folder, user.uid, user.gid)
  return folder
}

/** Runs a program to its end; throws with what it wrote when it fails. */
export async function runProgram(folder: string, command: string[]): Promise<void> {
  const program = Bun.spawn(command, {
    cwd: folder,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    ...unprivilegedUser(),
  })
  const complaint = await program.stderr.text()
  if ((await program.exited) !== 0) throw new Error(`${command[0]} failed: ${complaint.trim()}`)
}

async function startOnPort(options: ProgramOptions, port: number): Promise<Program> {
  // A file, not a pipe: a test that blocks the event loop must not stop a server from writing its log.
  const logFile = join(options.folder, 'server.log')
  const log = openSync(logFile, 'w')
  const server = Bun.spawn(options.command(port), {
    cwd: options.folder,
    env: { ...process.env, ...options.env },
    stdin: 'ignore',
    stdout: log,
    stderr: log,
    ...unprivilegedUser(),
  })
  closeSync(log)
  const stop = async () => {
    server.kill(options.stopSignal)
    await server.exited
  }
  const signal = AbortSignal.timeout(START_TIMEOUT_MS)
  while (!options.ready.test(await readFile(logFile, 'utf8'))) {
    if (server.exitCode !== null || server.signalCode !== null || signal.aborted) {
      await stop()
      const end = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join('\n')
      throw new Error(`${options.command(port)[0]} did not start on port ${port}:\n${end}`)
    }
    await Bun.sleep(20)
  }
  return { port, stop }
}

/** PostgreSQL refuses to run as root, and no server of a test needs to be root; undefined for everyone else. */
function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
  for (const name of ['postgres', 'nobody']) {
    const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(users) ?? []
    if (uid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error('Running as root, but neither the user postgres nor nobody exists to run test servers as.')
}
