export type Problem = {
  /** As it was written, prefix included. */
  readonly variable: string
  readonly expected: string
  /** Where the value came from, for people: `environment`, `/etc/authy2.env`, `not set`. */
  readonly source: string
  /** What was there instead; never for a secret. */
  readonly found?: string
}

/** Everything that is wrong with a configuration, at once. The message is for the terminal and shows no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    super([`The configuration has ${count}:`, ...problems.map(line)].join('\n'))
    this.problems = problems
  }
}

function line({ variable, expected, source, found }: Problem): string {
  const got = found === undefined ? '' : `, got ${JSON.stringify(found.slice(0, 100))}`
  return `  ${variable}: expected ${expected}${got} (${source})`
}
