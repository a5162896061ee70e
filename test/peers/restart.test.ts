import { expect, test } from 'bun:test'
import { codeAt } from '../support/authenticator-app.ts'
import { emptyFolder, FROM_SOURCES, type ProcessOptions, startAuthy2 } from '../support/authy2.ts'
import { testDialects } from '../support/databases.ts'
import { createEmptyPostgres } from '../support/postgres-databases.ts'
import type { Answer } from '../support/server.ts'

const ADA = { email: 'ada@example.com', password: 'quiet-Harbour-71-lantern' }
const STEP_MILLISECONDS = 30_000

/** A server on a database of its own that is ended, and started again, at every call. */
async function restarting(dialect: 'sqlite' | 'postgres') {
  await using opening = new AsyncDisposableStack()
  const { folder } = opening.use(emptyFolder())
  const postgres = dialect === 'postgres' ? opening.use(await createEmptyPostgres()) : undefined
  const options: ProcessOptions = {
    program: FROM_SOURCES,
    folder,
    env: {
      NODE_ENV: 'test',
      SECRET_KEY: 'test-only-8mXz7LpR1sT4fK9vQ2wY3bN6cJ5hG0dE',
      ENCRYPTION_KEY: 'test-only-Ed0Gh5Jc6Nb3Yw2Qv9Kf4Ts1RpL7zXm8',
      PASSWORD_HASH: 'bcrypt',
      BCRYPT_LOG_ROUNDS: '4',
      ...(postgres && { DATABASE_URL: postgres.url }),
    },
  }
  const opened = opening.move()
  return {
    /** What depends on the time of day is made once the server is there: a start may take longer than a code lasts. */
    async call(path: string, body?: object | (() => object), token?: string): Promise<Answer> {
      await using server = await startAuthy2(options)
      const sent = typeof body === 'function' ? body() : body
      const answer = await server.call('POST', path, { body: sent, token })
      server.signal('SIGTERM')
      expect(await server.exited).toBe(0)
      return answer
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

test.each(testDialects.map(({ name }) => name))(
  'enrolment, sign-in and step-up by an app go on where they were, with a restart before each step, on %s',
  async (dialect) => {
    await using server = await restarting(dialect)
    const { token: first } = (await server.call('/auth/register', ADA)).body.data
    const { secret } = (await server.call('/auth/totp/enroll', undefined, first)).body.data
    let usedAt = new Date(0)
    const nextCode = () => {
      usedAt = new Date(Math.max(Date.now(), usedAt.getTime() + STEP_MILLISECONDS))
      return codeAt(secret, usedAt)
    }
    const finish = () => ({ code: nextCode() })
    const enrolled = await server.call('/auth/totp/verify-enrollment', finish, first)
    expect(enrolled.status).toBe(200)

    const { mfa_token } = (await server.call('/auth/login', ADA)).body.data
    const again = await server.call('/auth/totp/verify', { mfa_token, code: codeAt(secret, usedAt) })
    expect(again.status).toBe(401) // a code counts once, also for a process that did not see it used
    const [backupCode] = enrolled.body.data.backup_codes
    const signedIn = await server.call('/auth/totp/verify', { mfa_token, code: backupCode })
    expect(signedIn.status).toBe(200)
    const { token } = signedIn.body.data
    const proof = () => ({ method: 'totp', code: nextCode() })
    const stepped = await server.call('/auth/step-up', proof, token)
    expect(stepped.status).toBe(200)
    const { token: replaced } = stepped.body.data
    expect((await server.call('/auth/totp/disable', undefined, token)).status).toBe(401)
    expect((await server.call('/auth/totp/disable', undefined, replaced)).status).toBe(200)
  },
  240_000,
)
