import { type PresentedCookies, sessionCookies } from '../authentication/index.ts'
import {
  getInteraction,
  type InteractionDeps,
  type InteractionKey,
  type OpenInteraction,
  personOf,
  type SignedInPerson,
} from '../authorization-server/index.ts'
import { createCookies, type RequestOrigin } from '../http/index.ts'
import { AppError } from '../kernel/index.ts'
import { Fields } from './form-fields.ts'
import { chooseLocale, type Locale } from './locale.ts'
import { interactionExpired } from './page-error.ts'
import { localPath } from './parts/addresses.ts'
import type { Going } from './parts/frame.tsx'

/** A request for a page, or a form that one sends, as its route sees it. */
export interface Visit {
  readonly origin: RequestOrigin
  readonly request: Request
  /** Of the path. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Fields
  readonly form: Fields
  readonly going: Going
  readonly cookies: PresentedCookies
  /** What binds interactions and forms to this browser. */
  readonly browserToken: string
  /** Goes on with a sign-in that waits for its second factor. */
  readonly mfaToken: string | undefined
  readonly interactionKey: InteractionKey | undefined
  /** Of the page: what the application, the person or the browser wishes. */
  locale(): Promise<Locale>
  /** Who is signed in in this browser. */
  person(): Promise<SignedInPerson | undefined>
  /** Where the interaction stands that the person is on the way in. Throws for one that is over, or another browser's. */
  interaction(): Promise<OpenInteraction | undefined>
}

export interface VisitInput {
  readonly origin: RequestOrigin
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  readonly form: Fields
  readonly browserToken: string
}

/** No id is longer. */
const MAX_ID_LENGTH = 64

export function createVisit(deps: InteractionDeps, input: VisitInput): Visit {
  const { request, form, origin } = input
  const query = new Fields(new URL(request.url).searchParams)
  const cookies = sessionCookies(deps.config).presented(request)
  const sent = request.method === 'POST' ? form : query
  const going: Going = {
    interaction: sent.find('interaction', MAX_ID_LENGTH),
    returnTo: localPath(sent.find('return_to')),
  }
  const interactionKey =
    going.interaction === undefined ? undefined : { id: going.interaction, browserToken: input.browserToken }
  const person = once(() => personOf(deps, cookies.session))
  const interaction = once(async () => {
    if (!interactionKey) return undefined
    const access = { key: interactionKey, sessionToken: cookies.session }
    return getInteraction(deps, origin, access).catch((error: unknown) => {
      throw error instanceof AppError && error.type === 'NOT_FOUND' ? interactionExpired() : error
    })
  })
  return {
    ...input,
    query,
    going,
    cookies,
    interactionKey,
    mfaToken: createCookies(deps.config).read(request.headers.get('cookie'), 'attempt'),
    person,
    interaction,
    locale: once(async () => {
      const wishes = await interaction().catch(() => undefined)
      const known = await person().catch(() => undefined)
      return chooseLocale({
        uiLocales: wishes?.asked.request.uiLocales.join(' ') ?? query.find('ui_locales'),
        userLocale: known?.user.locale,
        acceptLanguage: request.headers.get('accept-language'),
      })
    }),
  }
}

/** What the person does is recorded as done by them. */
export const asPerson = ({ origin }: Pick<Visit, 'origin'>, { caller }: SignedInPerson): RequestOrigin => ({
  ...origin,
  actor: caller.actor,
})

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
