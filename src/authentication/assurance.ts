import type { Row } from '../db/index.ts'
import type { Acr } from '../sessions/index.ts'

/** How a session was authenticated: by what (RFC 8176), and how strongly. */
export interface Assurance {
  readonly amr: readonly string[]
  readonly acr: Acr
}

/** What each kind of proof is worth by itself. */
export const BY_PASSWORD: Assurance = { amr: ['pwd'], acr: 'urn:authy2:acr:1fa' }
/** Of an authenticator app or of a backup code: never the only proof. */
export const BY_CODE: Assurance = { amr: ['otp', 'mfa'], acr: 'urn:authy2:acr:2fa' }
/** Of two factors by itself where the authenticator has verified its user; a synced key is no hardware's. */
export const byAuthenticator = ({ isMultiDevice }: Row<'webauthnCredential'>): Assurance => ({
  amr: [isMultiDevice ? 'swk' : 'hwk', 'user', 'mfa'],
  acr: 'urn:authy2:acr:phr',
})

const STRENGTH: Readonly<Record<Acr, number>> = {
  'urn:authy2:acr:1fa': 1,
  'urn:authy2:acr:2fa': 2,
  'urn:authy2:acr:phr': 3,
}

/** One proof after another: all of their methods, and the strongest class. */
export const together = (first: Assurance, second: Assurance): Assurance => ({
  amr: [...new Set([...first.amr, ...second.amr])],
  acr: STRENGTH[second.acr] > STRENGTH[first.acr] ? second.acr : first.acr,
})
