import { createApp } from '../../src/app.ts'
import { type Config, loadConfig } from '../../src/config/index.ts'
import { createPasswordHasher, type PasswordHasher } from '../../src/credentials/index.ts'
import type { ReadCtx, Row, WriteCtx } from '../../src/db/index.ts'
import { createDeps, type Deps } from '../../src/deps.ts'
import { type Clock, createSystemRandom, ManualClock, SYSTEM, silentLog } from '../../src/kernel/index.ts'
import { memoryKv } from '../../src/kv/index.ts'
import type { Outbound } from '../../src/outbound/index.ts'
import { issueSession } from '../../src/sessions/index.ts'
import { createUser, type NewUser } from '../../src/users/index.ts'
import { type TestDialect, testDialects } from './databases.ts'

export interface TestServerOptions {
  readonly dialect?: TestDialect
  readonly now?: string
  /** In place of one that stands still: for programs beside the server that look at this machine's. */
  readonly clock?: Clock
  /** As the environment would say it: `{ REGISTRATION: 'closed' }`. */
  readonly env?: Record<string, string>
  /** Replaces the cheap hasher that tests sign in with. */
  readonly hasher?: PasswordHasher
  /** Replaces requests to others, which reach public addresses only. */
  readonly outbound?: Outbound
  readonly deps?: Partial<Deps>
}

export interface CallOptions {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: the body of any endpoint; tests say what they expect of it
  readonly body: any
}

const SECRET = 'test-only-4fK9vQ2mXz7LpR1sT8wY3bN6cJ5hG0dE'

/** The whole app in this process, on a real database, with a clock that stands still until moved. */
export async function testServer(options: TestServerOptions = {}) {
  const [sqlite] = testDialects
  const dialect = options.dialect ?? sqlite
  if (!dialect) throw new Error('No database to test on')
  const opened = await dialect.open()
  const clock = new ManualClock(options.now ?? '2030-01-01T00:00:00Z')
  const config: Config = loadConfig({
    env: {
      NODE_ENV: 'test',
      SECRET_KEY: SECRET,
      ENCRYPTION_KEY: SECRET.split('').reverse().join(''),
      RATELIMIT_ENABLED: 'false',
      ...options.env,
    },
    envFile: false,
  })
  const deps: Deps = {
    ...createDeps({
      config,
      database: opened.database,
      kv: memoryKv({ clock: options.clock ?? clock, maxEntries: 10_000 }),
      clock: options.clock ?? clock,
      random: createSystemRandom(),
      log: silentLog,
      ...(options.outbound && { outbound: options.outbound }),
      hasher:
        options.hasher ??
        createPasswordHasher({ algorithm: 'bcrypt', bcryptLogRounds: 4, queueLimit: 1_000 }),
    }),
    ...options.deps,
  }
  const app = createApp(deps)
  const origin = { actor: SYSTEM, log: silentLog }

  return {
    app,
    deps,
    clock,
    dialect: dialect.name,
    get url() {
      return opened.url
    },
    read: <T>(body: (ctx: ReadCtx) => Promise<T>) => deps.read(origin, body),
    write: <T>(body: (ctx: WriteCtx) => Promise<T>) => deps.write(origin, body),

    /** One request to the API: `call('POST', '/auth/login', { body })`; paths begin under /api/v1. */
    async call(method: string, path: string, { token, body, headers }: CallOptions = {}): Promise<Answer> {
      const response = await app.handle(
        new Request(`http://localhost/api/v1${path}`, {
          method,
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      )
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.startsWith('application/json')
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
    },

    /** A user with a session, without going through registration. */
    async signedIn(
      user: Partial<NewUser> = {},
    ): Promise<{ user: Row<'user'>; token: string; sessionId: string }> {
      return deps.write(origin, async (ctx) => {
        const row = await createUser(ctx, {
          isEmailVerified: true,
          email: `${ctx.newId()}@example.com`,
          ...user,
        })
        const { token, session } = await issueSession(ctx, {
          userId: row.id,
          amr: ['pwd'],
          acr: 'urn:authy2:acr:1fa',
          isRemembered: false,
        })
        return { user: row, token, sessionId: session.id }
      })
    },

    [Symbol.asyncDispose]: async () => {
      await deps.kv.close()
      await opened[Symbol.asyncDispose]()
    },
  }
}

export type TestServer = Awaited<ReturnType<typeof testServer>>
