import { acceptInvite, findInviteByToken, getInviteSummary } from '../../organizations/index.ts'
import type { ShownPage } from '../answer.ts'
import { linkExpired } from '../page-error.ts'
import type { PageDeps, PageRoute } from '../page-route.ts'
import { PATHS } from '../paths.ts'
import { commonProblem } from '../problems.ts'
import { asPerson, type Visit } from '../visit.ts'
import { whoMayGoOn } from '../who-may-go-on.ts'

const PATH = `${PATHS.invites}/:token`

/** An invitation, for whoever holds the token that came by mail. */
export function inviteRoutes(deps: PageDeps): readonly PageRoute[] {
  return [
    {
      method: 'GET',
      path: PATH,
      limit: 'verification',
      summary: 'See what an invite is for',
      handle: show,
    },
    {
      method: 'POST',
      path: PATH,
      limit: 'verification',
      summary: 'Accept an invite',
      async handle(visit) {
        const token = tokenOf(visit)
        return whoMayGoOn(deps, { visit, returnTo: pathOf(token) }, async (person) => {
          await deps.write(asPerson(visit, person), (ctx) => acceptInvite(ctx, { token, user: person.user }))
          return { location: PATHS.home }
        })
      },
      async again(visit, error) {
        if (error.type === 'NOT_FOUND') throw linkExpired('invite')
        if (error.type === 'CONFLICT') return { location: PATHS.home } // a member already
        // For another address: the page says so, and how to go on.
        if (error.type === 'AUTHORIZATION_ERROR' || commonProblem(error)) return show(visit)
        return undefined
      },
    },
  ]

  async function show(visit: Visit): Promise<ShownPage> {
    const token = tokenOf(visit)
    const found = await deps.read(visit.origin, async (ctx) => {
      const invite = await findInviteByToken(ctx, token)
      return invite && { invite, summary: await getInviteSummary(ctx, token) }
    })
    if (!found) throw linkExpired('invite')
    const { invite, summary } = found
    const person = await visit.person()
    const { name, logo_url: logoUrl } = summary.organization
    return {
      organizationId: invite.organizationId,
      page: {
        kind: 'invite',
        token,
        organization: { name, logoUrl },
        inviterName: summary.inviter_name,
        role: invite.role,
        email: summary.email,
        expiresAt: invite.expiresAt,
        ...(person && {
          user: {
            email: person.user.email,
            isInvited: person.user.emailNormalized === invite.emailNormalized,
          },
        }),
        mayRegister: deps.config.registration.mode !== 'closed',
      },
    }
  }
}

const tokenOf = ({ params }: Visit): string => params.token ?? ''
const pathOf = (token: string): string => `${PATHS.invites}/${encodeURIComponent(token.toWellFormed())}`
