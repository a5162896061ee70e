import type { Problem } from '../messages/problem.ts'
import { ButtonLink, Callout, Card, Facts } from '../parts/card.tsx'
import { Form, FormProblem, Submit } from '../parts/form.tsx'
import { useFrame } from '../parts/frame.tsx'
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
  readonly problem?: Problem
}

/** Where somebody arrives who was not on the way to an application: who they are here, and what to do about it. */
export function Home(props: HomeProps) {
  const { email, isVerified, organizations, hasSecondFactor, requirement, problem } = props
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
    </Card>
  )
}

function Requirement({ organizationName, deadlineAt }: Required<HomeProps>['requirement']) {
  const { enrol } = useFrame().messages
  const day = useDay(deadlineAt)
  return <p>{`${enrol.required(shown(organizationName))} ${enrol.until(day)}`}</p>
}
