import type { Reader } from '../db/index.ts'
import { addSeconds, HOUR } from '../kernel/index.ts'
import { JOBS } from './catalogue.ts'

const FAILURES_IN_A_ROW = 3
const OVERDUE_SECONDS = HOUR

export interface JobTrouble {
  readonly name: string
  readonly kind: 'failing' | 'overdue'
  readonly text: string
}

/** Jobs that keep failing, and those that nobody runs. One that hangs is overdue, too: its next time is planned. */
export async function findJobTroubles({ select, t }: Reader, now: Date): Promise<readonly JobTrouble[]> {
  const rows = await select().from(t.job)
  const known = rows.filter(({ name }) => JOBS.some((job) => job.name === name))
  return known.flatMap(({ name, failures, lastError, nextRunAt }): JobTrouble[] => {
    if (failures >= FAILURES_IN_A_ROW) {
      return [{ name, kind: 'failing', text: `${name} has failed ${failures} times: ${lastError}` }]
    }
    if (nextRunAt > addSeconds(now, -OVERDUE_SECONDS)) return []
    return [{ name, kind: 'overdue', text: `${name} should have run at ${nextRunAt.toISOString()}` }]
  })
}
