import type { Problem } from '../messages/problem.ts'
import { type Application, Name, Picture } from '../parts/application.tsx'
import { ButtonLink, Callout, Card, Facts } from '../parts/card.tsx'
import { Form, FormProblem, Hidden, Submit } from '../parts/form.tsx'
import { useFrame } from '../parts/frame.tsx'
import { Icon } from '../parts/icons.tsx'
import { useDay } from '../parts/moment.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export interface HomeProps {
  readonly email: string
  readonly isVerified: boolean
  /** Names of the organizations that the person is in. */
  readonly organizations: readonly string[]
  readonly hasSecondFactor: boolean
  /** An organization that asks for a second factor which the person does not have yet. */
  readonly requirement?: { readonly organizationName: string; readonly deadlineAt: Date }
  /** Those that hold something of this person's. */
  readonly applications?: readonly UsedApplication[]
  /** Where the list goes on. */
  readonly moreHref?: string
  readonly problem?: Problem
}

/** Where somebody arrives who was not on the way to an application: who they are here, and what to do about it. */
export function Home(props: HomeProps) {
  const { email, isVerified, organizations, hasSecondFactor, requirement, problem } = props
  const { applications = [], moreHref } = props
  const { home, mailSent } = useFrame().messages
  const names = organizations.map((name) => shown(name)).join(', ')
  return (
    <Card title={home.title} lead={home.lead(shown(email))} sign="person">
      <FormProblem problem={problem} />
      {!isVerified && (
        <Callout kind="warning">
          <p>{home.unverified(shown(email))}</p>
          <Form action={PATHS.resendVerification}>
            <Submit kind="secondary">{mailSent.again}</Submit>
          </Form>
        </Callout>
      )}
      {requirement && (
        <Callout kind="warning">
          <Requirement {...requirement} />
        </Callout>
      )}
      <Facts
        facts={[
          [home.organizations, names === '' ? home.none : names],
          [home.address, isVerified ? home.isVerified : home.isNotVerified],
          [home.secondFactor, hasSecondFactor ? home.isSetUp : home.isNotSetUp],
        ]}
      />
      <div className="stack">
        <ButtonLink href={PATHS.enrol} kind={hasSecondFactor ? 'secondary' : 'primary'}>
          {hasSecondFactor ? home.addFactor : home.setUpFactor}
        </ButtonLink>
        <ButtonLink href={PATHS.device} kind="secondary">
          {home.device}
        </ButtonLink>
        <ButtonLink href={PATHS.signOut} kind="secondary">
          {home.signOut}
        </ButtonLink>
      </div>
      {applications.length > 0 && (
        <section className="below">
          <h2>{home.applications}</h2>
          <ul className="stack">
            {applications.map((application) => (
              <ConnectedApplication key={application.id} {...application} />
            ))}
          </ul>
          {moreHref !== undefined && <a href={moreHref}>{home.more}</a>}
        </section>
      )}
    </Card>
  )
}

interface UsedApplication extends Application {
  /** Of the grant. */
  readonly id: string
  readonly since: Date
}

/** Sends `grant`. */
function ConnectedApplication({ id, since, ...application }: UsedApplication) {
  const { home } = useFrame().messages
  const day = useDay(since)
  return (
    <li className="used">
      <Picture url={application.logoUrl} size={40} fallback={<Icon name="app" />} />
      <span className="names">
        <Name text={application.name} />
        <span className="aside">{home.since(day)}</span>
      </span>
      <Form action={PATHS.disconnect}>
        <Hidden name="grant" value={id} />
        <Submit kind="secondary" label={home.disconnectFrom(shown(application.name))}>
          {home.disconnect}
        </Submit>
      </Form>
    </li>
  )
}

function Requirement({ organizationName, deadlineAt }: Required<HomeProps>['requirement']) {
  const { enrol } = useFrame().messages
  const day = useDay(deadlineAt)
  return <p>{`${enrol.required(shown(organizationName))} ${enrol.until(day)}`}</p>
}
