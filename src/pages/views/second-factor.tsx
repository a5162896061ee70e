import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Problem } from '../messages/problem.ts'
import { Card } from '../parts/card.tsx'
import { Field, Form, FormProblem, Hidden, Submit } from '../parts/form.tsx'
import { useFrame, useLink } from '../parts/frame.tsx'
import { PasskeyAbsence, PasskeyForm } from '../parts/passkey-form.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export type SecondFactorMethod = 'webauthn' | 'totp' | 'backup_code'

export interface SecondFactorProps {
  /** Who has given the right password, or is signed in. */
  readonly email: string
  /** Somebody who is signed in proves that it is still them. */
  readonly isAgain: boolean
  /** What this person has, in the order to offer it in. */
  readonly methods: readonly SecondFactorMethod[]
  /** The one that is asked for now. */
  readonly method: SecondFactorMethod
  /** For `webauthn`. */
  readonly passkey?: PublicKeyCredentialRequestOptionsJSON
  readonly problem?: Problem
  readonly codeProblem?: Problem
}

/** The second step of signing in. Sends `method` and `code`, or `credential`. */
export function SecondFactor(props: SecondFactorProps) {
  const { email, isAgain, methods, method, passkey, problem, codeProblem } = props
  const { secondFactor } = useFrame().messages
  const others = methods.filter((other) => other !== method)
  const startOver = useLink(PATHS.signIn, { prompt: 'another' })
  return (
    <Card
      title={isAgain ? secondFactor.again : secondFactor.title}
      lead={isAgain ? secondFactor.userAgain(shown(email)) : secondFactor.user(shown(email))}
      sign={method === 'webauthn' ? 'key' : 'shield'}
      hasProblem={problem !== undefined || codeProblem !== undefined}
    >
      <FormProblem problem={problem} />
      <p>{secondFactor[method].lead}</p>
      {method === 'webauthn' ? (
        <ByPasskey options={passkey} />
      ) : (
        <ByCode method={method} problem={codeProblem} />
      )}
      <ul className="links">
        {others.map((other) => (
          <li key={other}>
            <MethodLink method={other} />
          </li>
        ))}
        <li>
          <a href={startOver}>{secondFactor.startOver}</a>
        </li>
      </ul>
      <p className="aside">{secondFactor.lost}</p>
    </Card>
  )
}

function MethodLink({ method }: { method: SecondFactorMethod }) {
  const { secondFactor } = useFrame().messages
  return <a href={useLink(PATHS.secondFactor, { method })}>{secondFactor[method].choose}</a>
}

function ByPasskey({ options }: { options: PublicKeyCredentialRequestOptionsJSON | undefined }) {
  const { secondFactor } = useFrame().messages
  return (
    <>
      {options && (
        <PasskeyForm
          ceremony="get"
          action={PATHS.secondFactorByPasskey}
          options={options}
          label={secondFactor.webauthn.submit}
        />
      )}
      <PasskeyAbsence />
    </>
  )
}

function ByCode({ method, problem }: { method: 'totp' | 'backup_code'; problem: Problem | undefined }) {
  const { secondFactor, fields } = useFrame().messages
  const isTotp = method === 'totp'
  return (
    <Form action={PATHS.secondFactor}>
      <Hidden name="method" value={method} />
      <Field
        name="code"
        label={isTotp ? fields.totpCode : fields.backupCode}
        className="code"
        autoComplete={isTotp ? 'one-time-code' : 'off'}
        inputMode={isTotp ? 'numeric' : 'text'}
        problem={problem}
        isFocused
      />
      <Submit>{secondFactor.submit}</Submit>
    </Form>
  )
}
