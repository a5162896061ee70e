/** A runner on a database by its address, with the time of the machine: what every process has of its own. */
import { loadConfig } from '../../src/config/index.ts'
import { createUnitsOfWork, type DatabaseLocation, openDatabase } from '../../src/db/index.ts'
import type { Job } from '../../src/jobs/job.ts'
import { createJobRunner, type JobTimings } from '../../src/jobs/runner.ts'
import { silentLog, systemClock, systemRandom } from '../../src/kernel/index.ts'
import { createKeyring } from '../../src/keys/index.ts'
import { createMetrics } from '../../src/telemetry/index.ts'

const SECRET = 'test-only-8mXz7LpR1sT4fK9vQ2wY3bN6cJ5hG0dE'

export function realRunner(url: string, job: Job, timings: Partial<JobTimings>) {
  const location: DatabaseLocation = url.startsWith('sqlite:')
    ? { kind: 'sqlite', path: url.slice('sqlite:'.length) }
    : { kind: 'postgres', url, poolSize: 4 }
  const database = openDatabase(location, systemRandom)
  const config = loadConfig({
    env: {
      NODE_ENV: 'test',
      SECRET_KEY: SECRET,
      ENCRYPTION_KEY: SECRET.split('').reverse().join(''),
    },
    envFile: false,
  })
  const units = createUnitsOfWork({
    database,
    clock: systemClock,
    random: systemRandom,
    config,
    keyring: createKeyring(config.encryptionKeys, systemRandom),
  })
  const deps = { ...units, clock: systemClock, log: silentLog, metrics: createMetrics() }
  const runner = createJobRunner(deps, [job], { restMilliseconds: 50, pollMilliseconds: 200, ...timings })
  return {
    runner,
    units,
    async [Symbol.asyncDispose]() {
      await runner.stop()
      await database.close()
    },
  }
}
