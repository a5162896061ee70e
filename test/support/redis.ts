/** A Redis of its own: for a whole test run, or for one test that takes it away and brings it back. */
import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Program, programFolder, startProgram } from './programs.ts'

export interface PrivateRedis extends AsyncDisposable {
  /** Stays the same over `stop` and `start`. */
  readonly url: string
  /** Ends the server and with it everything it held; does nothing when it is stopped already. */
  stop(): Promise<void>
  /** Starts it again, empty, on the same port; does nothing when it runs already. */
  start(): Promise<void>
}

/** The path of `redis-server`, or of Valkey, its successor in some distributions; undefined when neither is here. */
export const findRedis = (): string | undefined =>
  Bun.which('redis-server') ?? Bun.which('valkey-server') ?? undefined

/** Throws when Redis is not installed: ask `findRedis` first. */
export async function startRedis(): Promise<PrivateRedis> {
  const program = findRedis()
  if (program === undefined) throw new Error('Redis is not installed.')
  const folder = programFolder('redis')
  const password = randomBytes(16).toString('hex')
  const configuration = join(folder, 'redis.conf')
  // In a file of a closed folder, because everybody on the machine can read command lines.
  const settings = ['bind 127.0.0.1', `requirepass ${password}`, 'save ""', 'appendonly no']
  await writeFile(configuration, `${settings.join('\n')}\n`, { mode: 0o644 })

  const start = (port?: number) =>
    startProgram({
      folder,
      command: (port) => [program, configuration, '--port', String(port)],
      ready: /ready to accept connections/i,
      stopSignal: 'SIGTERM',
      ...(port === undefined ? {} : { port }),
    })
  const first = await start()
  let running: Program | undefined = first
  const stop = async () => {
    await running?.stop()
    running = undefined
  }
  return {
    url: `redis://:${password}@127.0.0.1:${first.port}`,
    stop,
    async start() {
      running ??= await start(first.port)
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
