/** The whole program as a process of its own: the compiled one, or from its sources. */
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './programs.ts'
import type { Answer, CallOptions } from './server.ts'

/** The command that runs Authy2 from its sources. */
export const FROM_SOURCES: readonly string[] = [process.execPath, join(import.meta.dir, '../../src/main.ts')]

const START_TIMEOUT_MILLISECONDS = 20_000

export interface Place extends AsyncDisposable {
  readonly folder: string
}

/** A working directory of a test's own, with the data folder `data` in it once a program has run there. */
export function emptyFolder(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'authy2-process-'))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

export interface ProcessOptions {
  readonly program: readonly string[]
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Goes before the command line: a shell that sets limits, or a change of user. */
  readonly launcher?: readonly string[]
}

/** Runs a command to its end. */
export async function runAuthy2(words: readonly string[], options: ProcessOptions) {
  const child = Bun.spawn([...(options.launcher ?? []), ...options.program, ...words], {
    cwd: options.folder,
    env: environment(options.env),
    stdin: new Blob([options.input ?? '']),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, output, errors }
}

export interface RunningAuthy2 extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Everything that it has written to standard output so far: its log. */
  log(): string
  errors(): string
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void
  /** Its exit status; null when a signal ended it. */
  readonly exited: Promise<number | null>
  /** One request to the API, as on a test server. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
}

/** Starts a server and resolves when it is ready; throws with what it wrote when it ends before. */
export async function startAuthy2(
  options: ProcessOptions,
  words: readonly string[] = ['serve'],
): Promise<RunningAuthy2> {
  const port = freePort()
  const files = { log: join(options.folder, `${port}.log`), errors: join(options.folder, `${port}.errors`) }
  // Files, not pipes: a test that reads slowly must not stop a server from writing.
  const descriptors = [openSync(files.log, 'w'), openSync(files.errors, 'w')] as const
  const child = Bun.spawn([...(options.launcher ?? []), ...options.program, ...words], {
    cwd: options.folder,
    env: environment({ PORT: String(port), LOG_FORMAT: 'json', ...options.env }),
    stdio: ['ignore', ...descriptors],
  })
  for (const descriptor of descriptors) closeSync(descriptor)
  const url = `http://127.0.0.1:${port}`
  const signal = (name: NodeJS.Signals) => child.kill(name)
  const kill = async () => {
    signal('SIGKILL')
    await child.exited
  }
  const deadline = AbortSignal.timeout(START_TIMEOUT_MILLISECONDS)
  while (!(await isReady(url))) {
    if (child.exitCode !== null || child.signalCode !== null || deadline.aborted) {
      await kill()
      throw new Error(`Authy2 did not start:\n${readFileSync(files.errors, 'utf8')}`)
    }
    await Bun.sleep(10)
  }
  return {
    url,
    port,
    pid: child.pid,
    log: () => readFileSync(files.log, 'utf8'),
    errors: () => readFileSync(files.errors, 'utf8'),
    signal,
    exited: child.exited.then(() => child.exitCode),
    call: (method, path, call) => callApi(url, `${method} ${path}`, call),
    [Symbol.asyncDispose]: kill,
  }
}

/** What every program needs, and nothing of what the person who runs the tests has set. */
const environment = (env: Readonly<Record<string, string>> = {}) => ({
  PATH: process.env.PATH ?? '',
  TMPDIR: tmpdir(),
  ...env,
})

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/api/health/ready`).then(
    ({ status }) => status === 200,
    () => false,
  )

async function callApi(
  url: string,
  endpoint: string,
  { token, body, headers }: CallOptions = {},
): Promise<Answer> {
  const [method = 'GET', path = ''] = endpoint.split(' ')
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}
