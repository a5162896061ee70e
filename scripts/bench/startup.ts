import { cp } from 'node:fs/promises'
import { arrange } from './arrange.ts'
import { authy2Command, startAuthy2, temporaryFolder } from './processes.ts'
import { median, type Result } from './table.ts'

const ROUNDS = 9

/** From the start of the process to its first 200, on a migrated database. */
export async function benchStartup(): Promise<Result> {
  const template = await temporaryFolder()
  await arrange({ DATA_DIR: template }, 10)
  const samples: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const dataDir = await temporaryFolder()
    await cp(template, dataDir, { recursive: true })
    await using running = await startAuthy2({ dataDir })
    samples.push(running.startMilliseconds)
  }
  const typical = median(samples)
  const [program = ''] = await authy2Command()
  return {
    name: 'startup',
    rows: [
      {
        what: `first 200 (${program.endsWith('authy2') ? 'compiled binary' : 'from source'})`,
        value: `${typical.toFixed(0)} ms`,
        target: '≤ 150 ms',
        holds: typical <= 150,
      },
    ],
    samples: { startMilliseconds: samples },
  }
}
