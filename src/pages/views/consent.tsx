import { webAddress } from '../parts/addresses.ts'
import { type Application, ApplicationSign } from '../parts/application.tsx'
import { Callout, Card } from '../parts/card.tsx'
import { Form, Hidden, Submit } from '../parts/form.tsx'
import { useFrame, useLink } from '../parts/frame.tsx'
import { ResourceList, ShownResources } from '../parts/resource-list.tsx'
import { type RequestedScope, ScopeList, ShownScopes } from '../parts/scope-list.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export interface ConsentProps {
  readonly application: Application & {
    readonly policyUrl?: string | null
    readonly termsUrl?: string | null
    /** The organization that registered it; nobody where it registered itself. */
    readonly organizationName: string | null
  }
  /** Of the redirect URI: a host, or an application's own scheme. */
  readonly destination: string
  readonly userEmail: string
  /** The word of the person who is shown it is nobody else's, who may have signed in since in another tab. */
  readonly sessionId: string
  readonly scopes: readonly RequestedScope[]
  /** Addresses of whom it gets tokens for. */
  readonly resources: readonly string[]
}

/** Who asks for what, in words. Sends `decision`, `allow` or `deny`, `scope`, `resource` and `session`. */
export function Consent({ application, destination, userEmail, sessionId, scopes, resources }: ConsentProps) {
  const { consent } = useFrame().messages
  const another = useLink(PATHS.signIn, { prompt: 'another' })
  const owner = application.organizationName
  return (
    <Card
      title={consent.title(shown(application.name))}
      lead={owner === null ? undefined : consent.by(shown(owner))}
      sign={<ApplicationSign application={application} />}
    >
      {owner === null && (
        <Callout kind="warning">
          <p>{consent.unknown}</p>
        </Callout>
      )}
      <p className="person-line">
        {consent.user(shown(userEmail))} <a href={another}>{consent.notYou}</a>
      </p>
      <h2>{consent.will}</h2>
      <ScopeList scopes={scopes} />
      <ResourceList resources={resources} />
      <Form action={PATHS.consent}>
        <ShownScopes scopes={scopes} />
        <ShownResources resources={resources} />
        <Hidden name="session" value={sessionId} />
        <Decision allow={consent.allow} deny={consent.deny} />
      </Form>
      <p className="aside">
        {consent.destination(shown(destination))} {consent.revoke}
      </p>
      <ul className="links">
        <OutsideLink url={application.policyUrl} label={consent.policy} />
        <OutsideLink url={application.termsUrl} label={consent.terms} />
      </ul>
    </Card>
  )
}

/** Both ways out, of the same size: what is pressed is the person's choice. */
export const Decision = ({ allow, deny }: { allow: string; deny: string }) => (
  <div className="decision">
    <Submit name="decision" value="deny" kind="secondary">
      {deny}
    </Submit>
    <Submit name="decision" value="allow">
      {allow}
    </Submit>
  </div>
)

function OutsideLink({ url, label }: { url: string | null | undefined; label: string }) {
  const { consent } = useFrame().messages
  const address = webAddress(url)
  if (address === undefined) return null
  return (
    <li>
      <a href={address} target="_blank" rel="noopener noreferrer">
        {label} <span className="aside">{consent.newTab}</span>
      </a>
    </li>
  )
}
