import { nearestName } from './nearest-name.ts'

/** A variable that looks like one of ours and is none, so that what it says counts for nothing. */
export type Stranger = {
  readonly variable: string
  readonly source: string
  /** What was probably meant. */
  readonly nearest: string | undefined
}

/** What names of ours begin with and hardly anybody else's do. */
const OURS = [
  'AUTH_',
  'HIBP_',
  'OIDC_',
  'OUTBOUND_',
  'PASSWORD_',
  'RATELIMIT_',
  'REGISTRATION_',
  'SESSION_',
  'SMTP_',
  'WEBAUTHN_',
]

/** Those of others that desktops set for every program. */
const OF_OTHERS: ReadonlySet<string> = new Set(['SESSION_MANAGER', 'PASSWORD_STORE_DIR'])

/**
 * The names that are probably slips: those with a beginning of ours, and those with a beginning that we share with
 * other programs where a name of ours is near. They are told and not refused: the environment is everybody's.
 */
export function findStrangers(
  names: readonly string[],
  source: string,
  known: ReadonlySet<string>,
): readonly Stranger[] {
  const candidates = [...known]
  const beginnings = candidates.map(beginningOf).filter((beginning) => beginning !== '')
  const isOurs = (name: string) => OURS.some((beginning) => name.startsWith(beginning))
  return names
    .filter((name) => !known.has(name) && !OF_OTHERS.has(name))
    .filter((name) => isOurs(name) || beginnings.includes(beginningOf(name)))
    .map((variable) => ({ variable, source, nearest: nearestName(variable, candidates) }))
    .filter(({ variable, nearest }) => isOurs(variable) || nearest !== undefined)
}

/** The first word of a name that has several. */
const beginningOf = (name: string): string => /^[A-Z0-9]+_/.exec(name)?.[0] ?? ''
