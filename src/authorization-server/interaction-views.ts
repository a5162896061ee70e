import { secondFactorView } from '../authentication/index.ts'
import type { Row } from '../db/index.ts'
import type { AuthorizationResponse } from '../protocol/oauth/index.ts'
import { userView } from '../users/index.ts'
import type { Decision } from './decide.ts'
import type { OpenInteraction, Progress } from './interaction.ts'
import type { Interaction, InteractionAnswer, ShownClient } from './interaction-schema.ts'
import type { SignedInProgress } from './interaction-sign-in.ts'
import { scopeWords } from './scope-words.ts'

export function interactionView({
  key,
  expiresAt,
  asked,
  asks,
  decision,
  person,
}: OpenInteraction): Interaction {
  const { client, request } = asked
  return {
    id: key.id,
    step: stepOf(decision),
    reason: decision.next === 'sign_in' ? decision.reason : null,
    required_acr: decision.next === 'second_factor' ? decision.acr : null,
    client: shownClientView(client),
    redirect_host: destination(request.redirectUri),
    scopes: asks.scopes.map((name) => ({ name, description: scopeWords(name) })),
    resources: [...asks.resources],
    user: person ? userView(person.user) : null,
    session_id: person?.session.id ?? null,
    login_hint: request.loginHint ?? null,
    ui_locales: [...request.uiLocales],
    expires_at: expiresAt.toISOString(),
  }
}

export function shownClientView({ id, organizationId, metadata }: Row<'client'>): ShownClient {
  return {
    client_id: id,
    name: metadata.client_name ?? id,
    logo_uri: metadata.logo_uri ?? null,
    client_uri: metadata.client_uri ?? null,
    policy_uri: metadata.policy_uri ?? null,
    tos_uri: metadata.tos_uri ?? null,
    organization_id: organizationId,
  }
}

export function progressView(
  progress: Progress | AuthorizationResponse | SignedInProgress['progress'],
): InteractionAnswer {
  if ('next' in progress) return { next: 'second_factor', second_factor: secondFactorView(progress) }
  if (progress.kind === 'interaction')
    return { next: 'interaction', interaction: interactionView(progress.open) }
  if (progress.kind === 'redirect') return { next: 'redirect', location: progress.location }
  return { next: 'form_post', action: progress.action, fields: { ...progress.fields } }
}

/** What is certain already needs no more than to be fetched. */
const stepOf = ({ next }: Decision): Interaction['step'] =>
  next === 'code' || next === 'error' ? 'continue' : next

/** The host that people know a site by, or the scheme of an app on this device. */
export function destination(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri)
  return host === '' ? protocol.slice(0, -1) : host
}
