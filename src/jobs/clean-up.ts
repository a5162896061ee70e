import { removeExpiredAttempts } from '../authentication/index.ts'
import {
  removeExpiredAccessTokens,
  removeExpiredClientSessions,
  removeExpiredCodes,
  removeExpiredDeviceAuthorizations,
  removeExpiredInteractions,
  removeExpiredPushedRequests,
  removeExpiredRefreshTokens,
} from '../authorization-server/index.ts'
import {
  removeExpiredInitialAccessTokens,
  removeExpiredSecrets,
  removeUnusedDescribedClients,
} from '../clients/index.ts'
import { removeExpiredChallenges, removeExpiredMailProofs } from '../credentials/index.ts'
import type { WriteCtx } from '../db/index.ts'
import { SYSTEM } from '../kernel/index.ts'
import { removeExpiredInvites } from '../organizations/index.ts'
import {
  removeExpiredApiKeys,
  removeExpiredSessions,
  removeForgottenDevices,
  removeIdleSessions,
} from '../sessions/index.ts'
import type { Job, JobDeps } from './job.ts'

/** What is removed, and the capability's function that does: up to so many rows in one transaction. */
export const CLEAN_UPS: Readonly<Record<string, (ctx: WriteCtx, limit: number) => Promise<number>>> = {
  sessions: removeExpiredSessions,
  idle_sessions: removeIdleSessions,
  known_devices: removeForgottenDevices,
  api_keys: removeExpiredApiKeys,
  mail_proofs: removeExpiredMailProofs,
  webauthn_challenges: removeExpiredChallenges,
  sign_in_attempts: removeExpiredAttempts,
  invites: removeExpiredInvites,
  client_secrets: removeExpiredSecrets,
  initial_access_tokens: removeExpiredInitialAccessTokens,
  authorization_codes: removeExpiredCodes,
  refresh_tokens: removeExpiredRefreshTokens,
  access_tokens: removeExpiredAccessTokens,
  device_authorizations: removeExpiredDeviceAuthorizations,
  interactions: removeExpiredInteractions,
  pushed_requests: removeExpiredPushedRequests,
  client_sessions: removeExpiredClientSessions,
  described_clients: removeUnusedDescribedClients,
}

/** On SQLite a batch keeps the event loop for as long as it takes: some 15 ms. */
const BATCH_ROWS = 200
/** Between batches, so that requests that write get their turn whatever there is to remove. */
const PAUSE_MILLISECONDS = 25

export const cleanUp: Job = {
  name: 'clean-up',
  schedule: '5-59/10 * * * *',
  description:
    'Removes what has expired or is of no more use: sessions, links of mails, challenges, invites, API keys, devices, secrets, tokens, applications known by their documents.',
  async run(deps, { signal }) {
    const removed: Record<string, number> = {}
    for (const [name, remove] of Object.entries(CLEAN_UPS)) {
      removed[name] = await removeAll(deps, signal, remove)
    }
    return removed
  },
}

async function removeAll(
  deps: JobDeps,
  signal: AbortSignal,
  remove: (ctx: WriteCtx, limit: number) => Promise<number>,
): Promise<number> {
  const origin = { actor: SYSTEM, log: deps.log }
  let removed = 0
  for (;;) {
    signal.throwIfAborted()
    const batch = await deps.write(origin, (ctx) => remove(ctx, BATCH_ROWS))
    removed += batch
    if (batch < BATCH_ROWS) return removed
    await Bun.sleep(PAUSE_MILLISECONDS)
  }
}
