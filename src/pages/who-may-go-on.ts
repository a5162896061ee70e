import type { SignedInPerson } from '../authorization-server/index.ts'
import { isComplianceOnly } from '../http/index.ts'
import type { Answer } from './answer.ts'
import type { PageDeps } from './page-route.ts'
import { withGoing } from './parts/frame.tsx'
import { PATHS } from './paths.ts'
import type { Visit } from './visit.ts'

/**
 * Does `work` for somebody who is signed in. Others sign in first, and who owes an organization a second factor sets
 * it up first; then they come back to `returnTo`.
 */
export async function whoMayGoOn(
  deps: PageDeps,
  { visit, returnTo }: { readonly visit: Visit; readonly returnTo: string },
  work: (person: SignedInPerson) => Promise<Answer>,
): Promise<Answer> {
  const person = await visit.person()
  if (!person) return { location: withGoing(PATHS.signIn, { returnTo }) }
  if (isComplianceOnly(person.caller, deps.clock.now())) {
    return { location: withGoing(PATHS.enrol, { returnTo }) }
  }
  return work(person)
}
