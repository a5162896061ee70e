import type { Problem } from '../messages/problem.ts'
import { Callout, Card } from '../parts/card.tsx'
import { Field, Form, FormProblem, focusOf, Hidden, Submit } from '../parts/form.tsx'
import { useFrame, useLink } from '../parts/frame.tsx'
import { PATHS } from '../paths.ts'
import { NewPasswordFields } from './register.tsx'

export interface ForgotPasswordProps {
  readonly values?: { readonly email?: string }
  readonly problem?: Problem
  readonly problems?: { readonly email?: Problem }
}

/** Asks for a link. Sends `email`. */
export function ForgotPassword({ values = {}, problem, problems = {} }: ForgotPasswordProps) {
  const { forgotPassword, fields } = useFrame().messages
  return (
    <Card
      title={forgotPassword.title}
      lead={forgotPassword.lead}
      hasProblem={problem !== undefined || problems.email !== undefined}
    >
      <FormProblem problem={problem} />
      <Form action={PATHS.forgotPassword}>
        <Field
          name="email"
          label={fields.email}
          type="email"
          autoComplete="username"
          value={values.email}
          problem={problems.email}
          isFocused
        />
        <Submit>{forgotPassword.submit}</Submit>
      </Form>
      <p className="elsewhere">
        <a href={useLink(PATHS.signIn)}>{forgotPassword.back}</a>
      </p>
    </Card>
  )
}

export interface NewPasswordProps {
  /** From the mail, or from the administrator. */
  readonly token: string
  /** Whose password it is, where the token tells: for password managers. */
  readonly email?: string
  readonly minimumPasswordLength: number
  readonly problem?: Problem
  readonly problems?: { readonly password?: Problem; readonly password_confirm?: Problem }
}

/** By the link of a mail. Sends `token`, `password`, `password_confirm`. */
export const ResetPassword = (props: NewPasswordProps) => <NewPassword {...props} purpose="resetPassword" />

/** By the link that an administrator made for somebody who lost their second factors. Sends the same. */
export const Recover = (props: NewPasswordProps) => <NewPassword {...props} purpose="recover" />

function NewPassword(props: NewPasswordProps & { readonly purpose: 'resetPassword' | 'recover' }) {
  const { token, email, problem, problems = {}, purpose } = props
  const { messages } = useFrame()
  const { title, lead, submit } = messages[purpose]
  return (
    <Card
      title={title}
      lead={lead}
      sign={purpose === 'recover' ? 'shield' : undefined}
      hasProblem={problem !== undefined || Object.keys(problems).length > 0}
    >
      {purpose === 'recover' && (
        <Callout kind="warning">
          <p>{messages.recover.warning}</p>
        </Callout>
      )}
      <FormProblem problem={problem} />
      <Form action={PATHS[purpose]}>
        <Hidden name="token" value={token} />
        {email !== undefined && (
          <input type="email" name="email" value={email} autoComplete="username" readOnly hidden />
        )}
        <NewPasswordFields
          label={messages.fields.newPassword}
          minimumLength={props.minimumPasswordLength}
          problems={problems}
          focus={focusOf(['password', 'password_confirm'], problems, 'password')}
        />
        <Submit>{submit}</Submit>
      </Form>
    </Card>
  )
}
