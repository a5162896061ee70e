import type { OpenInteraction, Progress } from '../authorization-server/index.ts'
import { shownClientView } from '../authorization-server/index.ts'
import type { StoredClient } from '../clients/index.ts'
import type { AuthorizationResponse } from '../protocol/oauth/index.ts'
import type { Application } from './parts/application.tsx'
import { type Going, withGoing } from './parts/frame.tsx'
import { PATHS } from './paths.ts'
import type { Page } from './render-page.tsx'

/** What a route answers: a page, or where the browser goes on. */
export type Answer = ShownPage | SentOn

export interface ShownPage {
  readonly page: Page
  readonly status?: number
  /** `Set-Cookie` headers. */
  readonly cookies?: readonly string[]
  /** Whose page it is, where no interaction tells. */
  readonly client?: StoredClient | undefined
  readonly organizationId?: string | undefined
  readonly going?: Going
  readonly retryAfterSeconds?: number | undefined
  /** Where an answer to a form of the page may lead, if that is no page of the web. */
  readonly leadsTo?: string | undefined
}

export interface SentOn {
  readonly location: string
  readonly cookies?: readonly string[]
}

/** An application as the pages show it. */
export function applicationOf(client: StoredClient): Application & { readonly url: string | null } {
  const { name, logo_uri, client_uri } = shownClientView(client)
  return { name, logoUrl: logo_uri, url: client_uri }
}

/** To where an interaction goes on, or to the application with its answer. */
export function follow(progress: Progress, client: StoredClient, cookies: readonly string[] = []): Answer {
  return progress.kind === 'interaction'
    ? { location: stepPath(progress.open), cookies }
    : handOver(progress, client, cookies)
}

/** The page of what is missing. What is certain already, and who is not let in, is told at the sign-in. */
export function stepPath({ decision, key }: OpenInteraction): string {
  return withGoing(STEP_PATHS[decision.next] ?? PATHS.signIn, { interaction: key.id })
}

const STEP_PATHS: Partial<Record<OpenInteraction['decision']['next'], string>> = {
  select_account: PATHS.chooseSession,
  enrol: PATHS.enrol,
  second_factor: PATHS.secondFactor,
  consent: PATHS.consent,
}

/**
 * The answer to an application. To a page of the web it goes by a page of ours, or the content policy of the form
 * before would bind what the application does next; to an app of the device at once, while the press of the button
 * still counts as the person's word.
 */
export function handOver(
  answer: AuthorizationResponse,
  client: StoredClient,
  cookies: readonly string[] = [],
): Answer {
  const application = applicationOf(client)
  if (answer.kind === 'form_post') {
    const page = { kind: 'hand_over', application, to: answer.action, fields: answer.fields } as const
    return { page, client, cookies, going: {} }
  }
  return sendTo(answer.location, client, cookies)
}

export function sendTo(location: string, client: StoredClient, cookies: readonly string[] = []): Answer {
  if (!isWebAddress(location)) return { location, cookies }
  const page = { kind: 'hand_over', application: applicationOf(client), to: location } as const
  return { page, client, cookies, going: {} }
}

export const isWebAddress = (uri: string): boolean => /^https?:/i.test(uri)
