import type { Config } from '../../config/index.ts'
import { migrationStatus } from '../../db/index.ts'
import { findJobTroubles } from '../../jobs/index.ts'
import { systemClock } from '../../kernel/index.ts'
import { isThere, usingDatabase } from './database.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Whether what the instance does by itself gets done. */
export async function examineJobs(config: Config): Promise<Finding[]> {
  if (!isThere(config)) return []
  return usingDatabase(config, async (database) => {
    if ((await migrationStatus(database)).pending.length > 0) return []
    const troubles = await findJobTroubles(database.reader, systemClock.now())
    if (troubles.length === 0) return [ok('jobs', 'run in time')]
    return troubles.map(({ kind, text }) =>
      kind === 'failing'
        ? fail('jobs', text, 'the log of the server has the whole error, as job.failure')
        : warn('jobs', text, 'they run in every server: start one, or restart the one that hangs'),
    )
  })
}
