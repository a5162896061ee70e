import { createHash } from 'node:crypto'

/** `unavailable`: the service did not answer properly in time, so the password was let through. */
export type PwnedOutcome = 'leaked' | 'not_leaked' | 'unavailable'

export interface PwnedCheckOptions {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Told how every look-up ended, for metrics. */
  readonly onOutcome?: (outcome: PwnedOutcome) => void
  readonly origin?: string
}

const TIMEOUT_MILLISECONDS = 1_000
const PREFIX_LENGTH = 5
const ROW = /^([0-9A-F]{35}):(\d+)$/gm

/**
 * Makes the look-up in the range API of Have I Been Pwned: whether a password is known from a leak.
 * Only the first 20 bits of its SHA-1 leave the process, and padding hides from an eavesdropper on the answer's
 * length which range was asked for. Fails open: registering must not depend on somebody else's server.
 * https://haveibeenpwned.com/API/v3#PwnedPasswords
 */
export function createPwnedCheck({
  fetch,
  onOutcome,
  origin = 'https://api.pwnedpasswords.com',
}: PwnedCheckOptions): (password: string) => Promise<boolean> {
  return async (password) => {
    const digest = createHash('sha1').update(password.normalize('NFC')).digest('hex').toUpperCase()
    const outcome = await lookUp(digest).catch(() => 'unavailable' as const)
    onOutcome?.(outcome)
    return outcome === 'leaked'
  }

  async function lookUp(digest: string): Promise<PwnedOutcome> {
    const response = await fetch(`${origin}/range/${digest.slice(0, PREFIX_LENGTH)}`, {
      headers: { 'Add-Padding': 'true', 'User-Agent': 'Authy2' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS), // also ends the reading of a body that dribbles in
    })
    if (!response.ok) return 'unavailable'
    const rows = [...(await response.text()).matchAll(ROW)]
    if (rows.length === 0) return 'unavailable' // no range is empty: this is some proxy's page
    const leaked = rows.some(
      ([, suffix, count]) => suffix === digest.slice(PREFIX_LENGTH) && Number(count) > 0,
    )
    return leaked ? 'leaked' : 'not_leaked'
  }
}
