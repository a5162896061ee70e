import type { AnyElysia } from 'elysia'
import { Elysia } from 'elysia'
import { loadConfig } from '../../src/config/index.ts'
import type { ReadCtx, WriteCtx } from '../../src/db/index.ts'
import {
  allowedMethods,
  type Caller,
  createCursorSigner,
  createRateLimits,
  edge,
  type FailureFormat,
  type HttpDeps,
  lastResort,
} from '../../src/http/index.ts'
import { createSystemRandom, type Log, ManualClock, utf8 } from '../../src/kernel/index.ts'
import { memoryKv } from '../../src/kv/index.ts'
import { createMetrics } from '../../src/telemetry/index.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

interface Options {
  readonly env?: Record<string, string>
  /** Who presents which token; any other token is nobody's. */
  readonly callers?: Readonly<Record<string, Caller>>
  /** Where every request comes from, as its connection says. */
  readonly peer?: string
  /** Paths that pages of every origin may call. */
  readonly openPaths?: readonly string[]
  /** Of paths where no envelope is the answer. */
  readonly failureFormats?: readonly FailureFormat[]
}

/** The edge over routes of a test's own, with no capability and no database. */
export function smallApp(options: Options, routes: (deps: HttpDeps) => AnyElysia) {
  const lines: LogLine[] = []
  const clock = new ManualClock('2030-01-01T00:00:00Z')
  const config = loadConfig({
    env: { NODE_ENV: 'test', RATELIMIT_ENABLED: 'false', ...options.env },
    envFile: false,
  })
  const metrics = createMetrics()
  const deps: HttpDeps = {
    config,
    clock,
    random: createSystemRandom(),
    log: recorder(lines),
    metrics,
    rateLimits: createRateLimits(config.rateLimits, memoryKv({ clock, maxEntries: 1_000 }), metrics),
    cursors: createCursorSigner([utf8('a key of the cursors of this test')]),
    stepUpMethods: async () => ['password'],
    authenticate: async (token, byCookie) => {
      const caller = options.callers?.[token]
      if (caller?.credential.kind !== 'session') return byCookie ? undefined : caller
      return { ...caller, credential: { ...caller.credential, byCookie } }
    },
    read: noDatabase<ReadCtx>,
    write: noDatabase<WriteCtx>,
  }
  let whole: AnyElysia | undefined
  const app: AnyElysia = new Elysia()
    .use(
      edge({
        ...deps,
        allowedMethods: (path) => (whole ? allowedMethods(whole, path) : []),
        isOpenToPages: (path) => options.openPaths?.includes(path) ?? false,
        failureFormats: options.failureFormats ?? [],
        peerAddress: (request) => options.peer ?? whole?.server?.requestIP(request)?.address,
      }),
    )
    .use(routes(deps))
  whole = app
  return {
    app,
    deps,
    clock,
    lines,
    async call(method: string, path: string, init: Omit<RequestInit, 'method'> = {}) {
      return readAnswer(await app.handle(new Request(`http://localhost${path}`, { ...init, method })))
    },
    /** On a socket, until disposed. */
    listen() {
      app.listen({ hostname: '127.0.0.1', port: 0, development: false, error: lastResort(deps) })
      const url = `http://127.0.0.1:${app.server?.port}`
      return {
        url,
        port: Number(app.server?.port),
        [Symbol.asyncDispose]: async () => void (await app.stop(true)),
      }
    },
  }
}

export async function readAnswer(response: Response) {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== ''
  return {
    status: response.status,
    headers: response.headers,
    text,
    // biome-ignore lint/suspicious/noExplicitAny: the body of any answer; tests say what they expect of it
    body: (isJson ? JSON.parse(text) : undefined) as any,
  }
}

/** The line that tells of a request comes after the answer. */
export async function requestLine(lines: readonly LogLine[]): Promise<LogLine['fields']> {
  for (let turn = 0; turn < 100; turn++) {
    const line = lines.find(({ event }) => event === 'request')
    if (line) return line.fields
    await Bun.sleep(5)
  }
  throw new Error('The request was not logged')
}

const recorder = (lines: LogLine[]): Log => {
  const at =
    (level: LogLine['level']) =>
    (event: string, fields: Record<string, unknown> = {}) =>
      void lines.push({ level, event, fields })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

async function noDatabase<Ctx>(_: unknown, body: (ctx: Ctx) => unknown): Promise<never> {
  throw new Error(`There is no database here for ${body}`)
}
