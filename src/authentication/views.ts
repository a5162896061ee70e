import { authenticatorName } from '../credentials/index.ts'
import type { Row } from '../db/index.ts'
import { type Caller, instantOrNull, isComplianceOnly } from '../http/index.ts'
import { type InviteSummary, membershipView } from '../organizations/index.ts'
import { mfaComplianceView } from '../policies/index.ts'
import { sessionView } from '../sessions/index.ts'
import { userView } from '../users/index.ts'
import type { Arrival } from './arrival.ts'
import type { Me, NewlyRegistered, SecondFactorRequired, SignedIn } from './schema.ts'
import type { SignInStep } from './sign-in-steps.ts'
import type { WebauthnCredential } from './webauthn-schema.ts'

export const signedInView = (arrival: Arrival, now: Date): SignedIn => ({
  mfa_required: false,
  ...begunView(arrival, now),
  mfa_compliance: mfaComplianceView(arrival.caller.memberships, now),
})

/** Also says what such a session is not for. */
export const signedInMessage = ({ requires_mfa_enrollment: isForEnrolling }: SignedIn): string =>
  isForEnrolling
    ? 'You are signed in to enrol a second factor. Everything else is open once that is done.'
    : 'You are signed in.'

export const secondFactorView = ({
  token,
  methods,
}: Pick<Extract<SignInStep, { next: 'second_factor' }>, 'token' | 'methods'>): SecondFactorRequired => ({
  mfa_required: true,
  mfa_token: token,
  methods: [...methods],
  requires_totp: methods.includes('totp'),
  requires_webauthn: methods.includes('webauthn'),
})

export const newlyRegisteredView = (
  arrival: Arrival,
  pendingInvites: InviteSummary[],
  now: Date,
): NewlyRegistered => ({
  ...begunView(arrival, now),
  is_first_user: arrival.begun.user.isInstanceAdmin,
  pending_invites: pendingInvites,
})

const begunView = ({ begun: { user, session, token }, caller }: Arrival, now: Date) => ({
  user: userView(user),
  token,
  expires_at: session.expiresAt.toISOString(),
  requires_mfa_enrollment: isComplianceOnly(caller, now),
})

/** Everything is at hand already: this is the most called route. */
export function meView(caller: Caller, now: Date): Me {
  const { user, credential, memberships } = caller
  const session = credential.kind === 'session' ? credential.session : undefined
  const reachable =
    credential.kind !== 'session' && credential.organizationId !== null
      ? memberships.filter(({ organizationId }) => organizationId === credential.organizationId)
      : memberships
  return {
    user: userView(user),
    session: session
      ? sessionView(session, { currentId: session.id, isComplianceOnly: isComplianceOnly(caller, now) })
      : null,
    organizations: reachable.map(membershipView),
    mfa_compliance: mfaComplianceView(reachable, now),
  }
}

export const webauthnCredentialView = (row: Row<'webauthnCredential'>): WebauthnCredential => ({
  id: row.id,
  name: row.name,
  aaguid: row.aaguid,
  authenticator: authenticatorName(row.aaguid) ?? null,
  transports: [...row.transports],
  is_attested: row.isAttested,
  is_multi_device: row.isMultiDevice,
  is_backed_up: row.isBackedUp,
  is_discoverable: row.isDiscoverable,
  created_at: row.createdAt.toISOString(),
  last_used_at: instantOrNull(row.lastUsedAt),
})
