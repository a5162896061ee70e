import { type CommandContext, CommandError, seedSampleData } from './cli/index.ts'
import type { Config, Stranger } from './config/index.ts'
import type { Database } from './db/index.ts'
import { greeting } from './greeting.ts'
import { VERSION } from './kernel/index.ts'
import { startServer } from './server.ts'
import { createLogger, type Logger } from './telemetry/index.ts'

/** Runs the server until it is told to stop. Throws what keeps it from starting. */
export async function serve(
  context: CommandContext,
  config: Config,
  { demo, strangers }: { readonly demo: boolean; readonly strangers: readonly Stranger[] },
): Promise<undefined> {
  using log = createLogger(config.log)
  endOnBugs(log)
  for (const stranger of strangers) log.warn('config.unknown_variable', { ...stranger })
  const stopped = untilToldToStop()
  if (demo) await seedDemo(context, config)

  const server = await startServer(config, { log })
  await greet(config, { log, url: server.url, database: server.deps.database })

  log.info('server.stopping', { signal: await stopped })
  await server.stop()
  log.info('server.stopped')
}

/**
 * The first SIGTERM or SIGINT. Listened for from the beginning: the first process of a container has no default
 * action for them. The second one ends the process where it is.
 */
function untilToldToStop(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let isTold = false
  for (const [signal, number] of [
    ['SIGTERM', 15],
    ['SIGINT', 2],
  ] as const) {
    process.on(signal, () => {
      if (isTold) process.exit(128 + number)
      isTold = true
      resolve(signal)
    })
  }
  return promise
}

/** After an error that nobody caught, what is in memory may be wrong: a fresh process goes on instead. */
function endOnBugs(log: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.error('process.failed', { event, err: error })
      log.flush()
      process.exit(1)
    })
  }
}

async function seedDemo(context: CommandContext, config: Config): Promise<void> {
  if (config.environment !== 'development') {
    throw new CommandError('--demo is for development. Elsewhere: authy2 seed --force')
  }
  await seedSampleData(context, config)
}

/** For people as lines, for whatever collects JSON lines as one of them. */
async function greet(
  config: Config,
  { log, url, database }: { log: Logger; url: string; database: Database },
): Promise<void> {
  const { select, t } = database.reader
  const [anyone] = await select({ id: t.user.id }).from(t.user).limit(1)
  const hasUsers = anyone !== undefined
  if (config.log.format === 'pretty') console.log(greeting(config, { url, version: VERSION, hasUsers }))
  else if (!hasUsers)
    log.warn('server.without_users', {
      hint: 'the first user to register becomes the instance administrator',
    })
}
