import { cleanUp } from './clean-up.ts'
import { compliance } from './compliance.ts'
import type { Job } from './job.ts'
import { signingKeys } from './signing-keys.ts'

/** Every job there is. */
export const JOBS: readonly Job[] = [compliance, cleanUp, signingKeys]
