import { localPath } from '../parts/addresses.ts'
import { ButtonLink, Card } from '../parts/card.tsx'
import { Form, Hidden, Submit } from '../parts/form.tsx'
import { useFrame, useLink } from '../parts/frame.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export interface MailSentProps {
  readonly mail: 'reset_password' | 'verify_email'
  /** As it was entered; whether anybody has it is not told. */
  readonly email: string
  /** A signed-in person may ask for the verification mail again; the others send the form before again. */
  readonly mayAskAgain?: boolean
}

/** What to do next is in a mail. Asking again sends nothing but `csrf`. */
export function MailSent({ mail, email, mayAskAgain = false }: MailSentProps) {
  const { mailSent } = useFrame().messages
  return (
    <Card title={mailSent.title} lead={mailSent[mail](shown(email))} sign="mail">
      <p className="aside">{mailSent.missing}</p>
      {mayAskAgain && (
        <Form action={PATHS.resendVerification}>
          <Submit kind="secondary">{mailSent.again}</Submit>
        </Form>
      )}
      <p className="elsewhere">
        <a href={useLink(PATHS.signIn)}>{mailSent.back}</a>
      </p>
    </Card>
  )
}

export interface VerifyEmailProps {
  /** From the mail. */
  readonly token: string
  readonly purpose: 'verify' | 'change'
}

/** A press and no more, but a press: programs that look through mails open every link. Sends `token`. */
export function VerifyEmail({ token, purpose }: VerifyEmailProps) {
  const { verifyEmail } = useFrame().messages
  const isChange = purpose === 'change'
  return (
    <Card
      title={isChange ? verifyEmail.changeTitle : verifyEmail.title}
      lead={isChange ? verifyEmail.changeLead : verifyEmail.lead}
      sign="mail"
    >
      <Form action={isChange ? PATHS.confirmEmail : PATHS.verifyEmail}>
        <Hidden name="token" value={token} />
        <Submit>{verifyEmail.submit}</Submit>
      </Form>
    </Card>
  )
}

export interface EmailVerifiedProps {
  /** A path of this server to go on to. */
  readonly goOnHref?: string
}

export function EmailVerified({ goOnHref }: EmailVerifiedProps) {
  const { verifyEmail } = useFrame().messages
  const path = localPath(goOnHref)
  return (
    <Card title={verifyEmail.doneTitle} lead={verifyEmail.doneLead} sign="check">
      {path !== undefined && <ButtonLink href={path}>{verifyEmail.goOn}</ButtonLink>}
    </Card>
  )
}
