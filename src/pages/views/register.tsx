import type { Problem } from '../messages/problem.ts'
import { type Application, ApplicationSign } from '../parts/application.tsx'
import { Card } from '../parts/card.tsx'
import { Field, Form, FormProblem, focusOf, Hidden, Submit } from '../parts/form.tsx'
import { useFrame, useLink } from '../parts/frame.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export interface RegisterProps {
  readonly application?: Application
  /** Whoever came by an invite joins its organization, with the address that it went to: of it a hint only. */
  readonly invite?: {
    readonly token: string
    readonly organizationName: string
    readonly maskedEmail: string
  }
  readonly minimumPasswordLength: number
  readonly values?: { readonly email?: string; readonly fullName?: string }
  readonly problem?: Problem
  readonly problems?: {
    readonly full_name?: Problem
    readonly email?: Problem
    readonly password?: Problem
    readonly password_confirm?: Problem
  }
}

/** Sends `full_name`, `email`, `password`, `password_confirm` and, where there is one, `invite_token`. */
export function Register(props: RegisterProps) {
  const { application, invite, values = {}, problem, problems = {} } = props
  const { messages } = useFrame()
  const { register, fields } = messages
  const focus = focusOf(['full_name', 'email', 'password', 'password_confirm'], problems, 'full_name')
  const lead = invite
    ? register.invited(shown(invite.organizationName))
    : application && messages.signIn.to(shown(application.name))
  return (
    <Card
      title={register.title}
      lead={lead}
      sign={application && <ApplicationSign application={application} />}
      hasProblem={problem !== undefined || Object.keys(problems).length > 0}
    >
      <FormProblem problem={problem} />
      <Form action={PATHS.register}>
        {invite && <Hidden name="invite_token" value={invite.token} />}
        <Field
          name="full_name"
          label={fields.fullName}
          autoComplete="name"
          value={values.fullName}
          problem={problems.full_name}
          isFocused={focus === 'full_name'}
          isOptional
        />
        <Field
          name="email"
          label={fields.email}
          type="email"
          autoComplete="username"
          value={values.email}
          hint={invite && register.invitedAddress(shown(invite.maskedEmail))}
          problem={problems.email}
          isFocused={focus === 'email'}
        />
        <NewPasswordFields
          label={fields.password}
          minimumLength={props.minimumPasswordLength}
          problems={problems}
          focus={focus}
        />
        <Submit>{register.submit}</Submit>
      </Form>
      <p className="elsewhere">
        {register.known} <a href={useLink(PATHS.signIn)}>{register.signIn}</a>
      </p>
    </Card>
  )
}

interface NewPasswordFieldsProps {
  readonly label: string
  readonly minimumLength: number
  readonly problems: { readonly password?: Problem; readonly password_confirm?: Problem }
  /** The name of the field to put the cursor in. */
  readonly focus: string | undefined
}

/** A new password, twice: without a script nobody can be shown what they typed. */
export function NewPasswordFields({ label, minimumLength, problems, focus }: NewPasswordFieldsProps) {
  const { fields, passwordHint } = useFrame().messages
  return (
    <>
      <Field
        name="password"
        label={label}
        type="password"
        autoComplete="new-password"
        hint={passwordHint(minimumLength)}
        problem={problems.password}
        isFocused={focus === 'password'}
      />
      <Field
        name="password_confirm"
        label={fields.repeatedPassword}
        type="password"
        autoComplete="new-password"
        problem={problems.password_confirm}
        isFocused={focus === 'password_confirm'}
      />
    </>
  )
}
