import type { Row } from '../db/index.ts'
import { clientView } from './views.ts'

/** Of each value so many characters of JSON: a list of redirect URIs can be long. */
const MAX_VALUE_LENGTH = 1_000

/** Named and not shown: keys are long, and addresses more of a person than the audit log may hold. */
const NOT_SHOWN = ['jwks', 'contacts']
/** Changes with everything. */
const ALWAYS = ['updated_at']

export interface ClientChanges {
  /** Names of settings, as on the wire. */
  readonly fields: readonly string[]
  /** What they were and are. */
  readonly changes: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>
}

/** What an audit event says of a change to a client: of what is registered of it nothing is secret. */
export function changesOf(before: Row<'client'>, after: Row<'client'>): ClientChanges {
  const [old, present] = [membersOf(before), membersOf(after)]
  const names = [...new Set([...old.keys(), ...present.keys()])]
  const fields = names.filter((name) => !ALWAYS.includes(name) && old.get(name) !== present.get(name))
  const changes = fields
    .filter((name) => !NOT_SHOWN.includes(name))
    .map((name) => [name, { from: shown(old.get(name)), to: shown(present.get(name)) }])
  return { fields, changes: Object.fromEntries(changes) }
}

/** Each as JSON, by which they compare. */
const membersOf = (row: Row<'client'>): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(clientView(row)).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, JSON.stringify(value)]],
    ),
  )

function shown(json: string | undefined): unknown {
  if (json === undefined) return null
  return json.length > MAX_VALUE_LENGTH ? `${json.slice(0, MAX_VALUE_LENGTH)}…` : JSON.parse(json)
}
