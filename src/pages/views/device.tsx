import type { Problem } from '../messages/problem.ts'
import { type Application, ApplicationSign, Name } from '../parts/application.tsx'
import { Callout, Card, Facts } from '../parts/card.tsx'
import { Field, Form, FormProblem, Hidden, Submit } from '../parts/form.tsx'
import { useFrame, useLink } from '../parts/frame.tsx'
import { Moment } from '../parts/moment.tsx'
import { ResourceList, ShownResources } from '../parts/resource-list.tsx'
import { type RequestedScope, ScopeList, ShownScopes } from '../parts/scope-list.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'
import { Decision } from './consent.tsx'

export interface DeviceProps {
  readonly values?: { readonly userCode?: string }
  readonly problem?: Problem
  readonly problems?: { readonly user_code?: Problem }
}

/** Where a device sends its user. Sends `user_code`. RFC 8628 §3.3 */
export function Device({ values = {}, problem, problems = {} }: DeviceProps) {
  const { device, fields } = useFrame().messages
  return (
    <Card
      title={device.title}
      lead={device.lead}
      sign="device"
      hasProblem={problem !== undefined || problems.user_code !== undefined}
    >
      <FormProblem problem={problem} />
      <Form action={PATHS.device}>
        <Field
          name="user_code"
          label={fields.userCode}
          className="code"
          autoComplete="off"
          inputMode="text"
          value={values.userCode}
          problem={problems.user_code}
          isFocused
        />
        <Submit>{device.submit}</Submit>
      </Form>
    </Card>
  )
}

export interface DeviceConfirmProps {
  readonly application: Application
  /** As the device shows it. */
  readonly userCode: string
  readonly userEmail: string
  /** Whoever has signed in since in another tab was not asked. */
  readonly sessionId: string
  readonly scopes: readonly RequestedScope[]
  readonly resources: readonly string[]
  /** Where the device asked from, and when: somebody else's request looks like somebody else's. */
  readonly requestedFrom: string
  readonly requestedAt: Date
}

/**
 * Before a device is let in: against being talked into it. Sends `user_code`, `decision`, `scope`, `resource`, `session`.
 * RFC 8628 §5.4
 */
export function DeviceConfirm(props: DeviceConfirmProps) {
  const { application, userCode, userEmail, sessionId, scopes, resources, requestedFrom, requestedAt } = props
  const { device, consent } = useFrame().messages
  return (
    <Card
      title={device.confirmTitle(shown(application.name))}
      sign={<ApplicationSign application={application} />}
    >
      <p className="person-line">
        {consent.user(shown(userEmail))}{' '}
        <a href={useLink(PATHS.signIn, { prompt: 'another' })}>{consent.notYou}</a>
      </p>
      <Callout kind="warning">
        <p>
          <strong>{device.warning}</strong>
        </p>
        <p>{device.warningMore}</p>
      </Callout>
      <p className="center">{device.code}</p>
      <p className="secret">{shown(userCode)}</p>
      <Facts
        facts={[
          [device.from, <Name key="from" text={requestedFrom} />],
          [device.at, <Moment key="at" at={requestedAt} />],
        ]}
      />
      <h2>{device.will}</h2>
      <ScopeList scopes={scopes} />
      <ResourceList resources={resources} />
      <Form action={PATHS.decideDevice}>
        <Hidden name="user_code" value={userCode} />
        <ShownScopes scopes={scopes} />
        <ShownResources resources={resources} />
        <Hidden name="session" value={sessionId} />
        <Decision allow={device.allow} deny={device.deny} />
      </Form>
    </Card>
  )
}

export interface DeviceDecidedProps {
  readonly application: Application
  readonly isAllowed: boolean
}

export function DeviceDecided({ application, isAllowed }: DeviceDecidedProps) {
  const { device } = useFrame().messages
  const name = shown(application.name)
  return (
    <Card
      title={isAllowed ? device.allowedTitle : device.deniedTitle}
      lead={isAllowed ? device.allowed(name) : device.denied(name)}
      sign={isAllowed ? 'check' : 'device'}
    />
  )
}
