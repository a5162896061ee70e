import { addSeconds, MINUTE } from '../kernel/index.ts'

/** The first time of a schedule (the five fields of cron, in UTC) after an instant. Throws for what is no schedule. */
export function nextRun(schedule: string, after: Date): Date {
  // Loaded by the first who asks, not at every start.
  const { Cron }: typeof import('croner') = require('croner')
  const next = new Cron(schedule, { mode: '5-part', utcOffset: 0 }).nextRun(after)
  if (!next) throw new Error(`The schedule ${schedule} comes to an end`)
  return next
}

/** When to try again after so many failures in a row: in 1, 2, 4, 8 … minutes, but not later than planned anyway. */
export function nextAttempt(schedule: string, after: Date, failures: number): Date {
  const plannedSeconds = (nextRun(schedule, after).getTime() - after.getTime()) / 1000
  return addSeconds(after, Math.min(MINUTE * 2 ** (failures - 1), plannedSeconds))
}
