import { rotateDueKeys } from '../keys/index.ts'
import type { Job } from './job.ts'

export const signingKeys: Job = {
  name: 'signing-keys',
  schedule: '17 * * * *',
  description: 'Publishes the keys that will sign tokens next, and deletes those that no valid token needs.',
  run: (deps) => rotateDueKeys(deps),
}
