import { sessionCookies } from '../../authentication/index.ts'
import { logout } from '../../authorization-server/index.ts'
import { createCookies } from '../../http/index.ts'
import { parseParameters } from '../../protocol/oauth/index.ts'
import { applicationOf, sendTo } from '../answer.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import { PATHS } from '../paths.ts'

/** Of a request that came as a form; a longer one would not have been shown. */
const MAX_REQUEST_LENGTH = 100_000

/** Signing out, of one's own accord or because an application asked: then with what it asked in `request`. */
export function signOutRoutes(deps: PageDeps): readonly PageRoute[] {
  const cookies = sessionCookies(deps.config)
  const jar = createCookies(deps.config)
  return [
    {
      method: 'GET',
      path: PATHS.signOut,
      limit: 'interaction',
      summary: 'Sign out',
      async handle(visit) {
        const person = await visit.person()
        return { page: person ? { kind: 'sign_out', email: person.user.email } : { kind: 'signed_out' } }
      },
    },
    {
      method: 'POST',
      path: PATHS.signOut,
      limit: 'interaction',
      summary: 'Sign out, or stay',
      async handle(visit) {
        if (visit.form.text('decision') !== 'sign_out') return { location: PATHS.home }
        const outcome = await logout(deps, visit.origin, {
          parameters: parseParameters(visit.form.text('request', MAX_REQUEST_LENGTH)),
          sessionToken: visit.cookies.session,
          isConfirmed: true,
        })
        const ended = [cookies.clearSession(), jar.clear('attempt')]
        const { client, location } = outcome
        if (client && location !== undefined) return sendTo(location, client, ended)
        const application = client && applicationOf(client)
        return { client, cookies: ended, page: { kind: 'signed_out', ...(application && { application }) } }
      },
    },
  ]
}
