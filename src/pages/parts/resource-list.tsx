import { Name } from './application.tsx'
import { Hidden } from './form.tsx'
import { useFrame } from './frame.tsx'
import { Icon } from './icons.tsx'

/** Sent back with the answer, as the scopes are. No address of a resource has a space. */
export const ShownResources = ({ resources }: { resources: readonly string[] }) => (
  <Hidden name="resource" value={resources.join(' ')} />
)

/** Whom the tokens are for that an application asks for, as far as that is somebody else than this server. RFC 8707 §2 */
export function ResourceList({ resources }: { resources: readonly string[] }) {
  const { consent } = useFrame().messages
  if (resources.length === 0) return null
  return (
    <>
      <h2>{consent.resources}</h2>
      <ul className="scopes">
        {resources.map((resource) => (
          <li key={resource}>
            <Icon name="globe" />
            <ResourceWords resource={resource} />
          </li>
        ))}
      </ul>
    </>
  )
}

/** More than fits is cut where whoever owns a host can choose it: at its beginning. */
const MAX_HOST_CHARACTERS = 100

/** The host first, as the address may be made to look like another's: `https://bank.example@elsewhere.example/`. */
function ResourceWords({ resource }: { resource: string }) {
  const { host } = new URL(resource)
  if (host === '') return <Name text={resource} />
  return (
    <div>
      <Name text={endOf(host)} />
      <span className="aside">
        <Name text={resource} />
      </span>
    </div>
  )
}

const endOf = (host: string): string =>
  host.length > MAX_HOST_CHARACTERS ? `…${host.slice(-MAX_HOST_CHARACTERS)}` : host
