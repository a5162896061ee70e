import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import encodeQr from 'qr'
import type { Problem } from '../messages/problem.ts'
import { localPath } from '../parts/addresses.ts'
import { Card } from '../parts/card.tsx'
import { Field, Form, FormProblem, Submit } from '../parts/form.tsx'
import { useFrame } from '../parts/frame.tsx'
import { Icon } from '../parts/icons.tsx'
import { useDay } from '../parts/moment.tsx'
import { PasskeyAbsence, PasskeyForm } from '../parts/passkey-form.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export interface EnrolProps {
  /** Who asks for it; nobody where a person does it for themselves. */
  readonly requirement?: {
    readonly organizationName: string
    readonly deadlineAt: Date
    readonly isDue: boolean
  }
  readonly passkey?: PublicKeyCredentialCreationOptionsJSON
  readonly totp?: {
    readonly secret: string
    readonly otpauthUri: string
    /** Another app counts until this one does. */
    readonly isReplacement?: boolean
  }
  readonly problem?: Problem
  readonly codeProblem?: Problem
  /** A path of this server to go on to without; left out where there is no way around. */
  readonly laterHref?: string
}

/** To set up a second factor, by whatever will do. Sends `credential`, or `code`. */
export function Enrol({ requirement, passkey, totp, problem, codeProblem, laterHref }: EnrolProps) {
  const { enrol } = useFrame().messages
  const later = localPath(laterHref)
  return (
    <Card
      title={enrol.title}
      lead={requirement ? <Requirement requirement={requirement} /> : enrol.optional}
      sign="shield"
      hasProblem={problem !== undefined || codeProblem !== undefined}
    >
      <FormProblem problem={problem} />
      {passkey && (
        <section>
          <h2>
            <Icon name="key" />
            {enrol.passkeyTitle}
          </h2>
          <p>{enrol.passkeyLead}</p>
          <PasskeyForm
            ceremony="create"
            action={PATHS.enrolPasskey}
            options={passkey}
            label={enrol.passkeySubmit}
          />
          <PasskeyAbsence />
        </section>
      )}
      {totp && <Totp {...totp} problem={codeProblem} isOnly={!passkey} />}
      {later !== undefined && (
        <p className="elsewhere">
          <a href={later}>{enrol.later}</a>
        </p>
      )}
    </Card>
  )
}

function Requirement({ requirement }: Pick<Required<EnrolProps>, 'requirement'>) {
  const { enrol } = useFrame().messages
  const day = useDay(requirement.deadlineAt)
  const asks = enrol.required(shown(requirement.organizationName))
  return `${asks} ${requirement.isDue ? enrol.due : enrol.until(day)}`
}

interface TotpProps {
  readonly secret: string
  readonly otpauthUri: string
  readonly isReplacement?: boolean
  readonly problem: Problem | undefined
  readonly isOnly: boolean
}

function Totp({ secret, otpauthUri, isReplacement = false, problem, isOnly }: TotpProps) {
  const { enrol, fields } = useFrame().messages
  return (
    <section>
      <h2>
        <Icon name="phone" />
        {enrol.totpTitle}
      </h2>
      {isReplacement && <p>{enrol.totpReplaces}</p>}
      <p>{enrol.totpScan}</p>
      <QrCode text={otpauthUri} label={enrol.qr} />
      {otpauthUri.startsWith('otpauth://totp/') && (
        <p className="center">
          <a href={otpauthUri}>{enrol.openApp}</a>
        </p>
      )}
      <p className="aside">{enrol.secret}</p>
      <p className="secret">{inGroups(secret)}</p>
      <p>{enrol.totpEnter}</p>
      <Form action={PATHS.enrolTotp}>
        <Field
          name="code"
          label={fields.totpCode}
          className="code"
          autoComplete="one-time-code"
          inputMode="numeric"
          problem={problem}
          isFocused={problem !== undefined || isOnly}
        />
        <Submit kind={isOnly ? 'primary' : 'secondary'}>{enrol.totpSubmit}</Submit>
      </Form>
    </section>
  )
}

/** Dark on light also where the page is dark: many scanners read nothing else. One path, no `data:` picture. */
function QrCode({ text, label }: { text: string; label: string }) {
  const rows = encodeQr(text, 'raw', { ecc: 'medium', border: 4 })
  const squares = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')))
  return (
    <svg className="qr" role="img" aria-label={label} viewBox={`0 0 ${rows.length} ${rows.length}`}>
      <rect width="100%" height="100%" fill="#fff" />
      <path d={squares.join('')} fill="#000" shapeRendering="crispEdges" />
    </svg>
  )
}

/** `ABCD EFGH`, as people read a key aloud; apps take it with the spaces. */
const inGroups = (secret: string): string => secret.replace(/(.{4})(?=.)/gu, '$1 ')
