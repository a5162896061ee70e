import { type Caller, isComplianceOnly } from '../http/index.ts'
import { membershipView } from '../organizations/index.ts'
import { sessionView } from '../sessions/index.ts'
import { userView } from '../users/index.ts'
import type { BegunSession } from './begin-session.ts'
import type { Registered } from './register.ts'
import type { Me, MfaCompliance, NewlyRegistered, SignedIn } from './schema.ts'

/** No organization can ask for a second factor yet, so nobody lacks one. */
export const mfaComplianceView = (): MfaCompliance => ({ status: 'not_applicable', organizations: [] })

export const signedInView = ({ user, session, token }: BegunSession): SignedIn => ({
  user: userView(user),
  token,
  expires_at: session.expiresAt.toISOString(),
  mfa_compliance: mfaComplianceView(),
})

export const newlyRegisteredView = (registered: Registered): NewlyRegistered => ({
  user: userView(registered.user),
  token: registered.token,
  expires_at: registered.session.expiresAt.toISOString(),
  is_first_user: registered.user.isInstanceAdmin,
  pending_invites: registered.pendingInvites,
})

/** Everything is at hand already: this is the most called route. */
export function meView(caller: Caller, now: Date): Me {
  const { user, credential, memberships } = caller
  const session = credential.kind === 'session' ? credential.session : undefined
  const reachable =
    credential.kind === 'api_key' && credential.organizationId !== null
      ? memberships.filter(({ organizationId }) => organizationId === credential.organizationId)
      : memberships
  return {
    user: userView(user),
    session: session
      ? sessionView(session, { currentId: session.id, isComplianceOnly: isComplianceOnly(caller, now) })
      : null,
    organizations: reachable.map(membershipView),
    mfa_compliance: mfaComplianceView(),
  }
}
