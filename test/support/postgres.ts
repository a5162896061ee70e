/**
 * A PostgreSQL of its own, empty, on a free port, deleted at the end: for a whole test run, or for one test that
 * takes it away and brings it back.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Program, programFolder, runProgram, startProgram } from './programs.ts'

export interface ThrowAwayPostgres extends AsyncDisposable {
  /** Signs in as a superuser, to the database `postgres`. */
  readonly url: string
  /** Ends the server at once; does nothing when it is stopped already. */
  stop(): Promise<void>
  /** Starts it again, with what it had committed, on the same port; does nothing when it runs already. */
  start(): Promise<void>
}

/**
 * The folder that holds `initdb` and `postgres`, or undefined. Debian keeps them off PATH, in one folder for each
 * version; the newest is taken.
 */
export function findPostgres(): string | undefined {
  const debian = [...new Bun.Glob('/usr/lib/postgresql/*/bin').scanSync({ cwd: '/', onlyFiles: false })]
  debian.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  const folders = [...(process.env.PATH ?? '').split(':'), ...debian]
  return folders.find((folder) =>
    ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))),
  )
}

/** Throws when PostgreSQL is not installed: ask `findPostgres` first. */
export async function startPostgres(): Promise<ThrowAwayPostgres> {
  const programs = findPostgres()
  if (programs === undefined) throw new Error('PostgreSQL is not installed.')
  const folder = programFolder('postgres')
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const data = join(folder, 'data')
    // Even a throw-away superuser has a password: it can run programs, and other people may be on this machine.
    const password = randomBytes(16).toString('hex')
    const passwordFile = join(folder, 'password')
    await writeFile(passwordFile, password, { mode: 0o644 })
    await runProgram(folder, [
      join(programs, 'initdb'),
      ...['--pgdata', data, '--username', 'authy2', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...['--encoding', 'UTF8', '--no-locale', '--no-sync'],
    ])
    const start = (port?: number) =>
      startProgram({
        folder,
        command: (port) => [join(programs, 'postgres'), '-D', data, ...settings(port)],
        ready: /database system is ready to accept connections/,
        stopSignal: 'SIGQUIT', // at once and without a checkpoint: mostly the data is deleted next
        ...(port === undefined ? {} : { port }),
      })
    const first = await start()
    let running: Program | undefined = first
    const stop = async () => {
      await running?.stop()
      running = undefined
    }
    return {
      url: `postgres://authy2:${password}@127.0.0.1:${first.port}/postgres`,
      stop,
      async start() {
        running ??= await start(first.port)
      },
      async [Symbol.asyncDispose]() {
        await stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** `fsync=off` is lost data after a power cut only; a killed server still recovers everything it confirmed. */
const settings = (port: number): string[] =>
  [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
    'fsync=off',
  ].flatMap((setting) => ['-c', setting])
