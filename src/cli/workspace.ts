import type { Config } from '../config/index.ts'
import { createPasswordHasher, type PasswordHasher } from '../credentials/index.ts'
import { createUnitsOfWork, type Origin, openMigrated, type ReadCtx, type WriteCtx } from '../db/index.ts'
import { SYSTEM, silentLog, systemClock, systemRandom } from '../kernel/index.ts'
import { createKeyring, createSigningKeys, type SigningKeys } from '../keys/index.ts'

/** What a command works with that changes data: the database, also while a server uses it, and no server. */
export interface Workspace extends AsyncDisposable {
  readonly config: Config
  readonly hasher: PasswordHasher
  readonly signingKeys: SigningKeys
  /** On whose behalf commands work: the system's. */
  readonly origin: Origin
  read<T>(body: (ctx: ReadCtx) => Promise<T>): Promise<T>
  write<T>(body: (ctx: WriteCtx) => Promise<T>): Promise<T>
}

/** Opens and, unless AUTO_MIGRATE is off, migrates the database. What is done is done by the system itself. */
export async function openWorkspace(config: Config): Promise<Workspace> {
  const ground = { config, clock: systemClock, random: systemRandom }
  const { database } = await openMigrated(config, ground)
  const keyring = createKeyring(config.encryptionKeys, systemRandom)
  const units = createUnitsOfWork({ ...ground, database, keyring })
  const origin = { actor: SYSTEM, log: silentLog }
  const { hash, bcryptLogRounds, hashQueueLimit } = config.password
  return {
    config,
    hasher: createPasswordHasher({ algorithm: hash, bcryptLogRounds, queueLimit: hashQueueLimit }),
    signingKeys: createSigningKeys({ ...units, clock: systemClock, keyring, log: silentLog }),
    origin,
    read: (body) => units.read(origin, body),
    write: (body) => units.write(origin, body, { isSerializable: true }),
    [Symbol.asyncDispose]: () => database.close(),
  }
}
