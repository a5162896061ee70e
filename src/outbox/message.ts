import type { Row } from '../db/index.ts'
import { type Keyring, utf8 } from '../kernel/index.ts'
import { KeyringError } from '../keys/index.ts'
import { PermanentFailure } from './failure.ts'

/** One message on its way, opened, as its handler gets it. */
export interface Delivery {
  readonly id: string
  readonly kind: string
  readonly payload: unknown
  readonly createdAt: Date
  /** Aborted when the attempt has taken too long: what it was is tried again later, so let go of it. */
  readonly signal: AbortSignal
}

/**
 * Delivers or throws: a PermanentFailure ends as a dead letter at once, anything else is tried again.
 * May get the same message twice (a process can die between delivering and saying so).
 */
export type OutboxHandler = (delivery: Delivery) => Promise<void>

/** Which handler delivers a kind, by the word before its dot: `mail` takes `mail.invite`. */
export type OutboxHandlers = Readonly<Record<string, OutboxHandler>>

/** Where a message's payload belongs: sealed with it, so that it does not open in another row. */
const placeOf = (id: string): string => `outbox_messages.payload:${id}`

export const sealPayload = (keyring: Keyring, id: string, payload: unknown): Uint8Array =>
  keyring.seal(utf8(JSON.stringify(payload)), placeOf(id))

/** Throws a PermanentFailure for what will never open. */
export function openPayload(keyring: Keyring, { id, payload }: Row<'outboxMessage'>): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(keyring.open(payload, placeOf(id))))
  } catch (error) {
    // Another process may have been given a new key before this one.
    if (error instanceof KeyringError && error.code === 'unknown_key') throw error
    throw new PermanentFailure('The payload was changed, or belongs to another message.')
  }
}
