import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Messages } from '../messages/messages.ts'
import type { Problem } from '../messages/problem.ts'
import { localPath } from '../parts/addresses.ts'
import { type Application, ApplicationSign, Name } from '../parts/application.tsx'
import { Callout, Card } from '../parts/card.tsx'
import { Checkbox, Field, Form, FormProblem, focusOf, Submit } from '../parts/form.tsx'
import { useFrame, useLink } from '../parts/frame.tsx'
import { Icon, ProviderSign } from '../parts/icons.tsx'
import { PasskeyForm } from '../parts/passkey-form.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

/** An identity provider to sign in through. */
export interface Provider {
  readonly kind: 'google' | 'github' | 'microsoft' | 'oidc' | 'saml'
  readonly name: string
  /** A path of this server that leads there. */
  readonly href: string
}

export interface SignInProps {
  readonly application?: Application
  /** What somebody has come for who is on the way to no application. */
  readonly errand?: 'device' | 'invite'
  readonly notice?: keyof Messages['signIn']['notices']
  readonly values?: { readonly email?: string; readonly rememberMe?: boolean }
  readonly problem?: Problem
  readonly problems?: { readonly email?: Problem; readonly password?: Problem }
  /** Set when a person who is signed in has to prove it again: nobody else may go on. */
  readonly onlyEmail?: string
  readonly passkey?: PublicKeyCredentialRequestOptionsJSON
  readonly providers?: readonly Provider[]
  readonly mayRegister?: boolean
}

/** E-mail address and password in one form, and the other ways. Sends `email`, `password`, `remember_me`. */
export function SignIn(props: SignInProps) {
  const { application, errand, values = {}, problem, problems = {}, onlyEmail, notice } = props
  const { messages } = useFrame()
  const { signIn, fields } = messages
  const isKnown = onlyEmail !== undefined
  const focus = focusOf(['email', 'password'], problems, isKnown || values.email ? 'password' : 'email')
  const leads = { device: signIn.toDevice, invite: signIn.toInvite }
  const lead = application
    ? signIn.to(shown(application.name))
    : isKnown
      ? signIn.againLead
      : errand && leads[errand]
  return (
    <Card
      title={isKnown ? signIn.again : signIn.title}
      lead={lead}
      sign={application && <ApplicationSign application={application} />}
      hasProblem={problem !== undefined || Object.keys(problems).length > 0}
    >
      {notice && (
        <Callout kind={notice === 'session_ended' ? 'warning' : 'success'}>
          <p>{signIn.notices[notice]}</p>
        </Callout>
      )}
      <FormProblem problem={problem} />
      <Form action={PATHS.signIn}>
        {isKnown ? (
          <KnownUser email={onlyEmail} />
        ) : (
          <Field
            name="email"
            label={fields.email}
            type="email"
            autoComplete="username webauthn"
            value={values.email}
            problem={problems.email}
            isFocused={focus === 'email'}
          />
        )}
        <Field
          name="password"
          label={fields.password}
          type="password"
          autoComplete="current-password"
          problem={problems.password}
          isFocused={focus === 'password'}
        />
        <div className="between">
          <Checkbox name="remember_me" label={fields.rememberMe} isChecked={values.rememberMe ?? false} />
          <a href={useLink(PATHS.forgotPassword)}>{signIn.forgotten}</a>
        </div>
        <Submit>{signIn.submit}</Submit>
      </Form>
      <OtherWays passkey={props.passkey} providers={props.providers ?? []} />
      <Elsewhere isKnown={isKnown} mayRegister={props.mayRegister ?? false} />
    </Card>
  )
}

/** Password managers look for the user name in the form; there is nothing to change in it. */
const KnownUser = ({ email }: { email: string }) => (
  <p className="person">
    <Icon name="person" />
    <Name text={email} />
    <input type="email" name="email" value={email} autoComplete="username" readOnly hidden />
  </p>
)

interface OtherWaysProps {
  readonly passkey: PublicKeyCredentialRequestOptionsJSON | undefined
  readonly providers: readonly Provider[]
}

/** Without providers the line between goes where the passkey button goes: to browsers that can. */
function OtherWays({ passkey, providers }: OtherWaysProps) {
  const { signIn } = useFrame().messages
  if (!passkey && providers.length === 0) return null
  return (
    <div className={providers.length === 0 ? 'ways passkey' : 'ways'}>
      <p className="or">
        <span>{signIn.otherWays}</span>
      </p>
      {passkey && (
        <PasskeyForm
          ceremony="get"
          action={PATHS.signInByPasskey}
          options={passkey}
          label={signIn.passkey}
          kind="secondary"
          isConditional
        />
      )}
      {providers.map((provider) => (
        <ProviderLink key={provider.href} provider={provider} />
      ))}
    </div>
  )
}

function ProviderLink({ provider: { kind, name, href } }: { provider: Provider }) {
  const { signIn } = useFrame().messages
  const path = localPath(href)
  if (path === undefined) return null
  return (
    <a className="button secondary" href={path}>
      {kind === 'oidc' || kind === 'saml' ? <Icon name="building" /> : <ProviderSign kind={kind} />}
      <span>{signIn.provider(shown(name))}</span>
    </a>
  )
}

function Elsewhere({ isKnown, mayRegister }: { isKnown: boolean; mayRegister: boolean }) {
  const { signIn } = useFrame().messages
  const [another, register] = [useLink(PATHS.signIn, { prompt: 'another' }), useLink(PATHS.register)]
  if (isKnown) {
    return (
      <p className="elsewhere">
        {signIn.notYou} <a href={another}>{signIn.another}</a>
      </p>
    )
  }
  if (!mayRegister) return null
  return (
    <p className="elsewhere">
      {signIn.isNew} <a href={register}>{signIn.register}</a>
    </p>
  )
}
