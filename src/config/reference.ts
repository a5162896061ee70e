import { GROUPS } from './variables/table.ts'
import type { Variable } from './variables/variable.ts'

/** A template with every variable commented out: copied as it is, it changes nothing. */
export function renderEnvExample(): string {
  const intro = [
    '# Every variable that Authy2 reads. Generated; edit a copy named .env.',
    '# Secrets printed here are refused in production.',
  ]
  const groups = Object.entries(GROUPS).map(([title, variables]) => {
    const entries = Object.entries(variables).map(([name, variable]) =>
      [
        `# ${plain(`${variable.description} Default: ${defaultText(variable)}.`)}`,
        `#${name}=${sample(variable)}`,
      ].join('\n'),
    )
    return [`## ${title}`, ...entries].join('\n')
  })
  return `${[intro.join('\n'), ...groups].join('\n\n')}\n`
}

/** The same as tables in Markdown, one for each group, their headings `level` deep. */
export function renderReference(level: number): string {
  const groups = Object.entries(GROUPS).map(([title, variables]) => {
    const rows = Object.entries(variables).map(([name, variable]) => {
      const expected = variable.format.description ?? ''
      return `| \`${name}\`${variable.secret ? ' 🔒' : ''} | ${cell(expected)} | ${cell(defaultText(variable))} | ${cell(variable.description)} |`
    })
    return [
      `${'#'.repeat(level)} ${title}`,
      '',
      '| variable | value | default | meaning |',
      '|---|---|---|---|',
      ...rows,
    ].join('\n')
  })
  return `${groups.join('\n\n')}\n\n🔒 A secret: never shown, and may be given as \`<NAME>_FILE\`, the path of a file that holds it.\n`
}

const defaultText = ({ default: fallback, unset }: Variable): string =>
  (typeof fallback === 'object' ? fallback.text : fallback) ?? unset ?? 'none'

const sample = ({ example, default: fallback }: Variable): string => {
  const value = example ?? (typeof fallback === 'string' ? fallback : '')
  return /[\s#'"]/.test(value) ? `"${value}"` : value
}

const plain = (markdown: string): string => markdown.replaceAll('`', '')

/** Angle brackets would be taken for HTML, bars for the end of the cell. */
const cell = (content: string): string => content.replaceAll('|', '\\|').replace(/<(?=[A-Za-z])/g, '\\<')
