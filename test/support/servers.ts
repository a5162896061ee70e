/**
 * What a test may ask of the machine it runs on. `scripts/test` starts PostgreSQL and Redis and passes their
 * addresses on; a suite that needs one is left out where its address is undefined.
 */
export { freePort } from './programs.ts'
export { startRedis } from './redis.ts'

/** A PostgreSQL in which a test may create databases. */
export const postgresUrl = (): string | undefined => process.env.TEST_DATABASE_URL || undefined

/** Whether it ends with the run, and nobody minds what is left in it. */
export const isPostgresThrownAway = (): boolean => process.env.TEST_DATABASE_IS_THROWN_AWAY === 'true'

/** A Redis that is shared by the whole run: use keys of your own and never flush it. */
export const redisUrl = (): string | undefined => process.env.TEST_REDIS_URL || undefined

/** The compiled program, for the black-box tests. Not `AUTHY2_…`: the program refuses such names it does not know. */
export const binaryPath = (): string | undefined => process.env.TEST_BINARY || undefined
