import type { Branded } from '../kernel/index.ts'

/** An address in the form that two spellings of it share. */
export type NormalizedEmail = Branded<string, 'NormalizedEmail'>

/** NFC, trimmed, lower case: what addresses are compared and found by. */
export const normalizeEmail = (email: string): NormalizedEmail =>
  email.normalize('NFC').trim().toLowerCase() as NormalizedEmail

export const emailDomain = (email: NormalizedEmail): string => email.slice(email.lastIndexOf('@') + 1)
