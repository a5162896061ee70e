import type { Messages } from '../messages/messages.ts'
import { webAddress } from '../parts/addresses.ts'
import type { Application } from '../parts/application.tsx'
import { ButtonLink, Card, Facts } from '../parts/card.tsx'
import { useFrame } from '../parts/frame.tsx'
import { shown } from '../parts/shown.ts'
import { PATHS } from '../paths.ts'

export interface ProblemPageProps {
  readonly code: keyof Messages['errors']
  readonly requestId: string
  readonly application?: Application & { readonly url: string | null }
  /** The standard's code and description, for whoever wrote the application: never a cause of ours. */
  readonly technical?: { readonly error: string; readonly description: string }
}

/** Where what the words advise can be done. */
const WAYS: Partial<Record<ProblemPageProps['code'], string>> = {
  reset_link_expired: PATHS.forgotPassword,
  verification_link_expired: PATHS.verifyEmail,
}

/** What happened and what to do, where no application can be told. */
export function ProblemPage({ code, requestId, application, technical }: ProblemPageProps) {
  const { errors, error } = useFrame().messages
  const words = errors[code]
  const { title, happened, next } = words
  const address = webAddress(application?.url)
  const way = 'way' in words && WAYS[code]
  return (
    <Card title={title} lead={happened} sign="warning">
      <p>{next}</p>
      {application && <p>{error.application(shown(application.name))}</p>}
      <div className="stack">
        {application && address !== undefined && <ButtonLink href={address}>{error.back}</ButtonLink>}
        {way && <ButtonLink href={way}>{words.way}</ButtonLink>}
        <ButtonLink href={PATHS.signIn} kind="secondary">
          {error.signIn}
        </ButtonLink>
      </div>
      <div className="technical">
        {technical && (
          <>
            <h2>{error.technical}</h2>
            <p lang="en">
              <code>{shown(technical.error)}</code> {shown(technical.description)}
            </p>
          </>
        )}
        <p className="aside">{error.tellIt}</p>
        <Facts facts={[[error.requestId, <code key="id">{shown(requestId)}</code>]]} />
      </div>
    </Card>
  )
}
