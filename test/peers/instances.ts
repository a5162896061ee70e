import { emptyFolder, FROM_SOURCES, type ProcessOptions, startAuthy2 } from '../support/authy2.ts'
import { createEmptyPostgres } from '../support/postgres-databases.ts'
import { findRedis, startRedis } from '../support/redis.ts'
import { postgresUrl } from '../support/servers.ts'

export const canRunInstances = postgresUrl() !== undefined && findRedis() !== undefined

/** Servers over one PostgreSQL and one Redis of their own, as behind a load balancer. */
export async function startInstances(count: number, env: Record<string, string> = {}) {
  await using opening = new AsyncDisposableStack()
  const database = opening.use(await createEmptyPostgres())
  const redis = opening.use(await startRedis())
  const { folder } = opening.use(emptyFolder())
  const options: ProcessOptions = {
    program: FROM_SOURCES,
    folder,
    env: {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      SECRET_KEY: 'test-only-8mXz7LpR1sT4fK9vQ2wY3bN6cJ5hG0dE',
      ENCRYPTION_KEY: 'test-only-Ed0Gh5Jc6Nb3Yw2Qv9Kf4Ts1RpL7zXm8',
      PASSWORD_HASH: 'bcrypt',
      BCRYPT_LOG_ROUNDS: '4',
      ...env,
    },
  }
  // All migrate the same empty database at the same time.
  const servers = await Promise.all(Array.from({ length: count }, () => startAuthy2(options)))
  for (const server of servers) opening.use(server)
  const opened = opening.move()
  return { servers, redis, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
