import { localPath } from '../parts/addresses.ts'
import { ButtonLink, Callout, Card } from '../parts/card.tsx'
import { Form, Hidden, Submit } from '../parts/form.tsx'
import { useFrame, useLink } from '../parts/frame.tsx'
import { useTime } from '../parts/moment.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export interface MailSentProps {
  readonly mail: 'reset_password' | 'verify_email'
  /** As it was entered; whether anybody has it is not told. */
  readonly email: string
  /** Who is signed in may ask for the verification mail again; others send the form before again. */
  readonly isSignedIn?: boolean
  /** When they last did. */
  readonly sentAgainAt?: Date
}

/** What to do next is in a mail. Asking again sends nothing but `csrf`. */
export function MailSent({ mail, email, isSignedIn = false, sentAgainAt }: MailSentProps) {
  const { mailSent, verifyEmail } = useFrame().messages
  const toSignIn = useLink(PATHS.signIn)
  return (
    <Card title={mailSent.title} lead={mailSent[mail](shown(email))} sign="mail">
      {sentAgainAt && (
        <Callout kind="success">
          <SentAgain at={sentAgainAt} />
        </Callout>
      )}
      <p className="aside">{mailSent.missing}</p>
      {isSignedIn && (
        <Form action={PATHS.resendVerification}>
          <Submit kind="secondary">{mailSent.again}</Submit>
        </Form>
      )}
      <p className="elsewhere">
        {isSignedIn ? <a href={PATHS.home}>{verifyEmail.goOn}</a> : <a href={toSignIn}>{mailSent.back}</a>}
      </p>
    </Card>
  )
}

const SentAgain = ({ at }: { at: Date }) => {
  const time = useTime(at)
  return <p>{useFrame().messages.mailSent.sentAgain(time)}</p>
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
