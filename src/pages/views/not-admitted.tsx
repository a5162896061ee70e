import { type Application, ApplicationSign } from '../parts/application.tsx'
import { Card } from '../parts/card.tsx'
import { Form, Submit } from '../parts/form.tsx'
import { useFrame, useLink } from '../parts/frame.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export interface NotAdmittedProps {
  readonly application: Application
  readonly userEmail: string
  /** It waits on a device, and there is no way back to it. */
  readonly isDevice?: boolean
}

/** For somebody whom the application's organization does not let in: the way back tells the application so. */
export function NotAdmitted({ application, userEmail, isDevice = false }: NotAdmittedProps) {
  const { errors, consent, notAdmitted } = useFrame().messages
  const { title, happened, next } = errors.access_refused
  return (
    <Card title={title} lead={happened} sign={<ApplicationSign application={application} />}>
      <p className="person-line">
        {consent.user(shown(userEmail))}{' '}
        <a href={useLink(PATHS.signIn, { prompt: 'another' })}>{consent.notYou}</a>
      </p>
      <p>{next}</p>
      {!isDevice && (
        <Form action={PATHS.abort}>
          <Submit>{notAdmitted.back(shown(application.name))}</Submit>
        </Form>
      )}
    </Card>
  )
}
