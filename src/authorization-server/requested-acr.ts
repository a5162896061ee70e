import type { Acr } from '../sessions/index.ts'

/** Weakest first: who has proved a stronger class has proved the weaker ones with it. */
export const ACR_VALUES = [
  'urn:authy2:acr:1fa',
  'urn:authy2:acr:2fa',
  'urn:authy2:acr:phr',
] as const satisfies readonly Acr[]

const rank = (acr: string): number => (ACR_VALUES as readonly string[]).indexOf(acr)

/** Those of the requested classes that mean something here, weakest first. */
const known = (values: readonly string[]): readonly Acr[] => ACR_VALUES.filter((acr) => values.includes(acr))

/** Whether what was proved is at least one of the requested classes; any of them will do. OpenID Connect Core 1.0 §5.5.1.1 */
export function isReached(values: readonly string[], proved: Acr): boolean {
  const [weakest] = known(values)
  return weakest !== undefined && rank(weakest) <= rank(proved)
}

/** The weakest of the requested classes: what has to be proved at least. */
export const strengthOf = (values: readonly string[]): Acr => known(values)[0] ?? 'urn:authy2:acr:1fa'

/** What the client is told was proved: the strongest class that it asked for, or what there was. Core §2, `acr` */
export const answeredAcr = (values: readonly string[], proved: Acr): Acr =>
  known(values).findLast((acr) => rank(acr) <= rank(proved)) ?? proved
