import type { Role } from '../../kernel/index.ts'
import { Name, Picture } from '../parts/application.tsx'
import { ButtonLink, Callout, Card, Facts } from '../parts/card.tsx'
import { Form, Submit } from '../parts/form.tsx'
import { useFrame, useLink } from '../parts/frame.tsx'
import { Icon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export interface InviteProps {
  readonly token: string
  readonly organization: { readonly name: string; readonly logoUrl?: string | null }
  /** Null where whoever invited has no name, or is gone. */
  readonly inviterName: string | null
  readonly role: Role
  /** The address that the invite went to, as far as whoever holds the link may know it. */
  readonly email: string
  readonly expiresAt: Date
  /** Who is signed in, if anybody is. */
  readonly user?: { readonly email: string; readonly isInvited: boolean }
  readonly mayRegister?: boolean
}

/** An invitation, for whoever holds its token. Accepting sends nothing but `csrf` to the page itself. */
export function Invite(props: InviteProps) {
  const { token, organization, inviterName, role, email, expiresAt, user } = props
  const { invite } = useFrame().messages
  const name = shown(organization.name)
  return (
    <Card
      title={invite.title(name)}
      lead={inviterName === null ? invite.leadOfNobody(name) : invite.lead(shown(inviterName), name)}
      sign={<Picture url={organization.logoUrl} size={56} fallback={<Icon name="building" />} />}
    >
      <Facts
        facts={[
          [invite.role, invite.roles[role]],
          [invite.email, <Name key="email" text={email} />],
          [invite.until, <Moment key="until" at={expiresAt} />],
        ]}
      />
      {user ? <Answer token={token} email={email} user={user} /> : <Entrances {...props} />}
      <p className="aside">{invite.unknown}</p>
    </Card>
  )
}

/** For somebody who is signed in: to accept, or to become the one that is invited. */
function Answer({ token, email, user }: Pick<Required<InviteProps>, 'token' | 'email' | 'user'>) {
  const { invite } = useFrame().messages
  const path = invitePath(token)
  const another = useLink(PATHS.signIn, { prompt: 'another', return_to: path })
  if (!user.isInvited) {
    return (
      <>
        <Callout kind="warning">
          <p>{invite.signedInAs(shown(user.email))}</p>
          <p>{invite.otherUser(shown(email))}</p>
        </Callout>
        <ButtonLink href={another}>{invite.switchUser}</ButtonLink>
      </>
    )
  }
  return (
    <Form action={path}>
      <p>{invite.signedInAs(shown(user.email))}</p>
      <Submit>{invite.accept}</Submit>
    </Form>
  )
}

function Entrances({ token, mayRegister = false }: InviteProps) {
  const { invite } = useFrame().messages
  const signIn = useLink(PATHS.signIn, { return_to: invitePath(token) })
  const register = useLink(PATHS.register, { invite_token: token })
  return (
    <div className="stack">
      <ButtonLink href={signIn}>{invite.signIn}</ButtonLink>
      {mayRegister && (
        <ButtonLink href={register} kind="secondary">
          {invite.register}
        </ButtonLink>
      )}
    </div>
  )
}

const invitePath = (token: string) => `${PATHS.invites}/${encodeURIComponent(token.toWellFormed())}`
