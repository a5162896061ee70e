import { webAddress } from '../parts/addresses.ts'
import type { Application } from '../parts/application.tsx'
import { ButtonLink, Card } from '../parts/card.tsx'
import { Form, Hidden, Submit } from '../parts/form.tsx'
import { useFrame } from '../parts/frame.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export interface SignOutProps {
  readonly email: string
  /** Who asks for it, where an application does. OIDC RP-Initiated Logout §2 */
  readonly application?: Application
  /** What it asks, as it came; sent back as `request`. */
  readonly request?: string
}

/** Asked before it is done, so that no link can sign people out. Sends `decision`, `sign_out` or `stay`. */
export function SignOut({ email, application, request }: SignOutProps) {
  const { signOut } = useFrame().messages
  return (
    <Card title={signOut.title} lead={signOut.lead(shown(email))} sign="leave">
      {application && <p>{signOut.asked(shown(application.name))}</p>}
      <Form action={PATHS.signOut}>
        {request !== undefined && <Hidden name="request" value={request} />}
        <div className="decision">
          <Submit name="decision" value="stay" kind="secondary">
            {signOut.stay}
          </Submit>
          <Submit name="decision" value="sign_out">
            {signOut.submit}
          </Submit>
        </div>
      </Form>
    </Card>
  )
}

export interface SignedOutProps {
  /** The application to go back to and where it is: its home page, not a redirect that was not registered. */
  readonly application?: Application & { readonly url: string | null }
}

export function SignedOut({ application }: SignedOutProps) {
  const { signOut } = useFrame().messages
  const address = webAddress(application?.url)
  return (
    <Card title={signOut.doneTitle} lead={signOut.doneLead} sign="check">
      <div className="stack">
        {application && address !== undefined && (
          <ButtonLink href={address}>{signOut.back(shown(application.name))}</ButtonLink>
        )}
        <ButtonLink href={PATHS.signIn} kind="secondary">
          {signOut.signIn}
        </ButtonLink>
      </div>
    </Card>
  )
}
