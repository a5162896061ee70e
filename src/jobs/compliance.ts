import { evaluateDue } from '../policies/index.ts'
import type { Job } from './job.ts'

export const compliance: Job = {
  name: 'compliance',
  schedule: '*/10 * * * *',
  description: 'Judges the members whose deadline, reminder or exemption has come, and sends reminders.',
  run: async (deps, { signal }) => ({ ...(await evaluateDue(deps, { signal })) }),
}
