import { redirectAddress } from '../parts/addresses.ts'
import type { Application } from '../parts/application.tsx'
import { ButtonLink, Card } from '../parts/card.tsx'
import { Hidden, Submit } from '../parts/form.tsx'
import { useFrame } from '../parts/frame.tsx'
import { shown } from '../parts/shown.ts'

export interface HandOverProps {
  readonly application: Application
  /** A redirect URI that was checked, with its answer in it unless there are `fields`. */
  readonly to: string
  /** The answer as a form. OAuth 2.0 Form Post Response Mode §2 */
  readonly fields?: Readonly<Record<string, string>>
}

/**
 * Hands an application its answer from a page of its own: by a form, or by a link that is followed at once.
 * The form carries nothing of ours, least of all the CSRF token.
 */
export function HandOver({ application, to, fields }: HandOverProps) {
  const { handOver } = useFrame().messages
  const address = redirectAddress(to)
  if (address === undefined) throw new Error('An answer was to be handed to an address that is none')
  return (
    <Card title={handOver.title(shown(application.name))} lead={handOver.lead}>
      {fields ? (
        <form id="hand-over" method="post" action={address}>
          {Object.entries(fields).map(([name, value]) => (
            <Hidden key={name} name={name} value={value} />
          ))}
          <Submit>{handOver.submit}</Submit>
        </form>
      ) : (
        <>
          <meta httpEquiv="refresh" content={`0;url=${address}`} />
          <ButtonLink href={address}>{handOver.submit}</ButtonLink>
        </>
      )}
    </Card>
  )
}
