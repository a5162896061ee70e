/**
 * A process of its own that runs one job, for tests of what happens when it dies: `URL LEASE_SECONDS`. The job
 * writes a row whenever it can, for ever, and each run prints `began`. SIGTERM stops the process.
 */
import { writeSync } from 'node:fs'
import { SYSTEM, silentLog, systemRandom } from '../../src/kernel/index.ts'
import { realRunner } from './real-runner.ts'

const [url = '', leaseSeconds = ''] = process.argv.slice(2)
/** At once: what a killed process has said must have left it. */
const print = (line: string) => writeSync(1, `${line}\n`)

const { runner, ...opened } = realRunner(
  url,
  {
    name: 'note',
    schedule: '* * * * *',
    description: 'Never ends.',
    async run(deps, { signal, now }) {
      print('began')
      for (;;) {
        signal.throwIfAborted()
        const writing = deps.write({ actor: SYSTEM, log: silentLog }, async ({ tx }) => {
          const row = { name: systemRandom.uuid(now), value: 'by the other process', createdAt: now }
          await tx.insert(tx.t.instanceFact).values(row)
        })
        // A machine under load may take longer than a connection waits. That is no end of this job, whose next run
        // would be a minute away: longer than any test waits.
        await writing.catch(() => {})
        await Bun.sleep(10)
      }
    },
  },
  { leaseSeconds: Number(leaseSeconds), renewMilliseconds: (Number(leaseSeconds) * 1000) / 4 },
)
runner.start()
setInterval(() => {}, 60_000) // as the open port of a server: a runner alone keeps no process alive
process.on('SIGTERM', async () => {
  await opened[Symbol.asyncDispose]()
  process.exit(0)
})
