import { inspectConfig, renderConfig } from '../config/index.ts'
import { type CommandContext, type ConfigOptions, configInput } from './context.ts'

/** Prints the effective configuration, redacted. Throws a ConfigError that lists every problem. */
export async function checkConfig(context: CommandContext, options: ConfigOptions): Promise<undefined> {
  context.terminal.print(renderConfig(inspectConfig(configInput(context, options))))
  context.terminal.note('The configuration is valid.')
}
