import { type Application, ApplicationSign, Name, Picture } from '../parts/application.tsx'
import { Card } from '../parts/card.tsx'
import { Form, Submit } from '../parts/form.tsx'
import { useFrame, useLink } from '../parts/frame.tsx'
import { Icon } from '../parts/icons.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export interface ChooseSessionProps {
  readonly application?: Application
  /** Who is signed in in this browser. `id` is what comes back; it need mean nothing anywhere else. */
  readonly sessions: readonly {
    readonly id: string
    readonly email: string
    readonly fullName: string | null
    readonly avatarUrl?: string | null
  }[]
}

/** `prompt=select_account`, OIDC Core §3.1.2.1. Sends `session`. */
export function ChooseSession({ application, sessions }: ChooseSessionProps) {
  const { chooseSession } = useFrame().messages
  return (
    <Card
      title={chooseSession.title}
      lead={application && chooseSession.to(shown(application.name))}
      sign={application && <ApplicationSign application={application} />}
    >
      <Form action={PATHS.chooseSession}>
        {sessions.map(({ id, email, fullName, avatarUrl }) => (
          <Submit key={id} kind="row" name="session" value={id}>
            <Picture url={avatarUrl} size={40} fallback={<Icon name="person" />} />
            <span className="names">
              <Name text={fullName ?? email} />
              {fullName !== null && (
                <span className="aside">
                  <Name text={email} />
                </span>
              )}
            </span>
          </Submit>
        ))}
      </Form>
      <p className="elsewhere">
        <a href={useLink(PATHS.signIn, { prompt: 'another' })}>{chooseSession.another}</a>
      </p>
    </Card>
  )
}
