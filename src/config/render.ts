import type { LoadedConfig } from './load.ts'
import { GROUPS, VARIABLES } from './variables/table.ts'

/** Every variable with its effective value and where that came from, for a terminal; secrets are not shown. */
export function renderConfig({ settings }: LoadedConfig): string {
  const shown = new Map<string, readonly [value: string, source: string]>(
    settings.map(({ name, value, source }) => [
      name,
      [value ?? `(${VARIABLES[name].unset ?? 'none'})`, source],
    ]),
  )
  const width = Math.max(...[...shown.keys()].map((name) => name.length))
  return Object.entries(GROUPS)
    .map(([title, variables]) => {
      const lines = Object.keys(variables).map((name) => {
        const [value = '', source = ''] = shown.get(name) ?? []
        return `  ${name.padEnd(width)}  ${value}  [${source}]`
      })
      return [title, ...lines, ''].join('\n')
    })
    .join('\n')
}
