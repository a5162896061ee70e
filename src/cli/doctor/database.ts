import { existsSync } from 'node:fs'
import { desc } from 'drizzle-orm'
import type { Config } from '../../config/index.ts'
import { type Database, inspectDatabase, migrationStatus, openDatabase } from '../../db/index.ts'
import { systemClock, systemRandom } from '../../kernel/index.ts'
import { createKeyring } from '../../keys/index.ts'
import { openPayload } from '../../outbox/index.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const SKEW_WARN_SECONDS = 2
const SKEW_FAIL_SECONDS = 30
const SAMPLED_ROWS = 100

/** Reachable, sound, migrated, writable, and of the same time. */
export async function examineDatabase(config: Config): Promise<Finding[]> {
  if (!isThere(config))
    return [warn('database', 'there is none yet', 'it is made by authy2 serve or migrate')]
  const { product, problems, now } = await inspectDatabase(config.database)
  const findings = problems.map((problem) => fail('database', problem, 'restore a backup'))
  if (problems.length === 0) findings.push(ok('database', `${product}, sound`))
  if (now) findings.push(examineClock(now))
  return [...findings, ...(await usingDatabase(config, examineMigrations))]
}

/** Whether the configured keys open what was sealed. */
export async function examineSecrets(config: Config): Promise<Finding[]> {
  if (config.encryptionKeys.length === 0) {
    return [ok('secrets', 'none yet: they are generated at the first start')]
  }
  if (!isThere(config)) return []
  return usingDatabase(config, async (database) => {
    if ((await migrationStatus(database)).pending.length > 0) return [] // the rows are not there to be tried
    const { reader } = database
    const keyring = createKeyring(config.encryptionKeys, systemRandom)
    const { outboxMessage } = reader.t
    const rows = await reader.select().from(outboxMessage).orderBy(desc(outboxMessage.id)).limit(SAMPLED_ROWS)
    const closed = rows.filter((row) => {
      try {
        openPayload(keyring, row)
        return false
      } catch {
        return true
      }
    })
    if (closed.length === 0) return [ok('secrets', `open what is sealed (${rows.length} rows tried)`)]
    return [
      fail(
        'secrets',
        `${closed.length} of ${rows.length} sealed rows do not open`,
        'add the ENCRYPTION_KEY that sealed them after the present one, separated by a comma',
      ),
    ]
  })
}

/** Opening a SQLite database would create it. */
export const isThere = ({ database }: Config): boolean =>
  database.kind !== 'sqlite' || existsSync(database.path)

/** Opens the database for a look at it, and closes it. */
export async function usingDatabase(
  config: Config,
  look: (database: Database) => Promise<Finding[]>,
): Promise<Finding[]> {
  const database = openDatabase(config.database, systemRandom)
  try {
    return await look(database)
  } finally {
    await database.close()
  }
}

async function examineMigrations(database: Database): Promise<Finding[]> {
  const { applied, pending } = await migrationStatus(database)
  await database.transaction(async () => {}) // takes the lock of a writer, and changes nothing
  if (pending.length === 0) return [ok('database', `migrated (${applied.length}), and can be written`)]
  return [warn('database', `${pending.length} migration(s) to apply`, 'run authy2 migrate up')]
}

function examineClock(theirs: Date): Finding {
  const seconds = Math.abs(systemClock.now().getTime() - theirs.getTime()) / 1000
  const text = `${seconds.toFixed(1)} s apart from the database's`
  const mend = 'synchronize the clocks (NTP): sessions and codes expire by them'
  if (seconds > SKEW_FAIL_SECONDS) return fail('clock', text, mend)
  return seconds > SKEW_WARN_SECONDS ? warn('clock', text, mend) : ok('clock', text)
}
