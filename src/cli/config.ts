import { inspectConfig, renderConfig, type Stranger } from '../config/index.ts'
import { type CommandContext, type ConfigOptions, configInput } from './context.ts'

/** Prints the effective configuration, redacted. Throws a ConfigError that lists every problem. */
export async function checkConfig(context: CommandContext, options: ConfigOptions): Promise<undefined> {
  const loaded = inspectConfig(configInput(context, options))
  context.terminal.print(renderConfig(loaded))
  for (const stranger of loaded.strangers) context.terminal.note(warningOf(stranger))
  context.terminal.note('The configuration is valid.')
}

function warningOf({ variable, source, nearest }: Stranger): string {
  const meant = nearest === undefined ? '' : ` Is it ${nearest}?`
  return `Warning: ${variable} is no variable of Authy2 and does nothing (${source}).${meant}`
}
