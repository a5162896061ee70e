import { Name } from './application.tsx'
import { Hidden } from './form.tsx'
import { useFrame } from './frame.tsx'
import { Icon } from './icons.tsx'
import { shown } from './shown.ts'

/** One thing that an application asks for. */
export interface RequestedScope {
  readonly name: string
  /** For scopes that the catalogue does not know. */
  readonly description?: string | null
  /** What it would see right now, such as the person's e-mail address. */
  readonly values?: readonly string[]
}

/** Sent back with the answer: a person agrees to what they were shown, and to nothing else. */
export const ShownScopes = ({ scopes }: { scopes: readonly RequestedScope[] }) => (
  <Hidden name="scope" value={scopes.map(({ name }) => name).join(' ')} />
)

export const ScopeList = ({ scopes }: { scopes: readonly RequestedScope[] }) => (
  <ul className="scopes">
    {scopes.map((scope) => (
      <li key={scope.name}>
        <Icon name="check" />
        <div>
          <ScopeWords scope={scope} />
          {scope.values?.map((value) => (
            <span className="aside" key={value}>
              <Name text={value} />
            </span>
          ))}
        </div>
      </li>
    ))}
  </ul>
)

/** The catalogue's words come first: an application cannot describe `openid` as something else. */
function ScopeWords({ scope: { name, description } }: { scope: RequestedScope }) {
  const { scopes } = useFrame().messages
  if (isKnown(scopes, name)) return <span>{scopes[name]}</span>
  return description ? <Name text={description} /> : <code>{shown(name)}</code>
}

const isKnown = <Scopes extends object>(scopes: Scopes, name: PropertyKey): name is keyof Scopes =>
  Object.hasOwn(scopes, name)
