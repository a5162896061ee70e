import { type Config, loadConfig, withDevelopmentSecrets } from '../../src/config/index.ts'
import { createPasswordHasher, setPassword } from '../../src/credentials/index.ts'
import { migrate, openDatabase, type WriteCtx } from '../../src/db/index.ts'
import { createDeps } from '../../src/deps.ts'
import { SYSTEM, silentLog, systemClock, systemRandom } from '../../src/kernel/index.ts'
import { memoryKv } from '../../src/kv/index.ts'
import { createOrganization } from '../../src/organizations/index.ts'
import { issueSession } from '../../src/sessions/index.ts'
import { createUser } from '../../src/users/index.ts'

export const EMAIL = 'bench@example.com'
export const PASSWORD = 'a password nobody else has 7'

export interface Workbench extends AsyncDisposable {
  write<T>(body: (ctx: WriteCtx) => Promise<T>): Promise<T>
}

/** A database that no server runs on yet, for what would take minutes over HTTP. */
export async function openWorkbench(env: Record<string, string>): Promise<Workbench> {
  const config: Config = withDevelopmentSecrets(loadConfig({ env, envFile: false }), systemRandom)
  const database = openDatabase(config.database, systemRandom)
  await migrate(database, systemClock.now())
  const kv = memoryKv({ clock: systemClock, maxEntries: 100 })
  const deps = createDeps({ config, database, kv, clock: systemClock, random: systemRandom, log: silentLog })
  return {
    write: (body) => deps.write({ actor: SYSTEM, log: silentLog }, body),
    async [Symbol.asyncDispose]() {
      await kv.close()
      await database.close()
    },
  }
}

/**
 * A database, before the server starts on it, with one user in two organizations and `sessions` sessions;
 * returns their tokens. Written by the services themselves: signing in 10,000 times would take minutes.
 */
export async function arrange(env: Record<string, string>, sessions: number): Promise<readonly string[]> {
  await using workbench = await openWorkbench(env)
  const { write } = workbench
  const hasher = createPasswordHasher({ algorithm: 'argon2id', bcryptLogRounds: 12, queueLimit: 1 })
  const hash = await hasher.hash(PASSWORD)
  const user = await write(async (ctx) => {
    const created = await createUser(ctx, { email: EMAIL, fullName: 'Bench Mark', isEmailVerified: true })
    await setPassword(ctx, { userId: created.id, hash })
    return created
  })
  for (const name of ['Acme', 'Globex']) await write((ctx) => createOrganization(ctx, user.id, { name }))
  const tokens: string[] = []
  while (tokens.length < sessions) {
    const count = Math.min(500, sessions - tokens.length)
    const issued = await write(async (ctx) => {
      const batch: string[] = []
      for (let number = 0; number < count; number++) {
        const { token } = await issueSession(ctx, {
          userId: user.id,
          amr: ['pwd'],
          acr: 'urn:authy2:acr:1fa',
          isRemembered: false,
        })
        batch.push(token)
      }
      return batch
    })
    tokens.push(...issued)
  }
  return tokens
}
