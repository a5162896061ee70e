import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import { Hidden, OwnFields } from './form.tsx'
import { useFrame } from './frame.tsx'
import { Icon } from './icons.tsx'

type PasskeyFormProps = {
  readonly action: string
  readonly label: string
  readonly kind?: 'primary' | 'secondary'
} & (
  | {
      readonly ceremony: 'get'
      readonly options: PublicKeyCredentialRequestOptionsJSON
      /** Offer passkeys among what the browser fills in, before anybody presses the button. WebAuthn §5.1.4 */
      readonly isConditional?: boolean
    }
  | { readonly ceremony: 'create'; readonly options: PublicKeyCredentialCreationOptionsJSON }
)

/**
 * A button that asks for a passkey and sends what the authenticator answers as the field `credential`, JSON.
 * Seen only once the script has found that the browser can.
 */
export function PasskeyForm(props: PasskeyFormProps) {
  const { messages } = useFrame()
  const { action, ceremony, options, label, kind = 'primary' } = props
  return (
    <form
      className="passkey"
      method="post"
      action={action}
      data-ceremony={ceremony}
      data-options={JSON.stringify(options)}
      data-conditional={props.ceremony === 'get' && props.isConditional ? true : undefined}
    >
      <OwnFields />
      <Hidden name="credential" value="" />
      {ceremony === 'get' && <Hidden name="remember_me" value="" />}
      <button type="submit" className={`button ${kind}`}>
        <Icon name="key" />
        {label}
      </button>
      <p className="problem" role="alert" hidden>
        <Icon name="warning" />
        <span>{messages.passkeys.failed}</span>
      </p>
    </form>
  )
}

/** In place of the button where it cannot be: on pages that have little else to offer. */
export function PasskeyAbsence() {
  const { messages } = useFrame()
  return (
    <>
      <noscript>
        <p className="aside">{messages.passkeys.needScript}</p>
      </noscript>
      <p className="aside unsupported">{messages.passkeys.unsupported}</p>
    </>
  )
}
