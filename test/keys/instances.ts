import { loadConfig } from '../../src/config/index.ts'
import { createUnitsOfWork, type Database } from '../../src/db/index.ts'
import { ManualClock, SYSTEM, silentLog, systemRandom } from '../../src/kernel/index.ts'
import { createKeyring, createSigningKeys } from '../../src/keys/index.ts'

export const ORIGIN = { actor: SYSTEM, log: silentLog }
const SECRET = 'test-only-4fK9vQ2mXz7LpR1sT8wY3bN6cJ5hG0dE'

/** One instance of the server on a database that it may share with others, as far as keys are concerned. */
export function instance(database: Database, clock = new ManualClock('2030-01-01T00:00:00Z')) {
  const config = loadConfig({
    env: { NODE_ENV: 'test', SECRET_KEY: SECRET, ENCRYPTION_KEY: SECRET },
    envFile: false,
  })
  const keyring = createKeyring(config.encryptionKeys, systemRandom)
  const units = createUnitsOfWork({ database, clock, random: systemRandom, config, keyring })
  const deps = { ...units, clock, keyring, log: silentLog }
  return { ...deps, keys: createSigningKeys(deps) }
}

export type Instance = ReturnType<typeof instance>
