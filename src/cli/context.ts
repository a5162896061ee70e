import {
  type Config,
  inspectConfig,
  loadConfig,
  type Stranger,
  withDevelopmentSecrets,
} from '../config/index.ts'
import { systemRandom } from '../kernel/index.ts'
import type { Terminal } from './terminal.ts'

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal
  /** Read in place of the process's environment and of `.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Options that commands have in common. */
export interface ConfigOptions {
  readonly config?: string
}

export interface ServeOptions extends ConfigOptions {
  readonly port?: string
  readonly host?: string
  readonly demo?: boolean
}

/** Where the configuration of this command comes from. */
export const configInput = ({ env }: CommandContext, options: ServeOptions) => ({
  ...(env && { env, envFile: false as const }),
  configFile: options.config,
  argvOverrides: { PORT: options.port, HOST: options.host },
})

/** The effective configuration; writes nothing. Throws a ConfigError. */
export const readConfigAlone = (context: CommandContext, options: ServeOptions): Config =>
  loadConfig(configInput(context, options))

/** The same with development secrets, which are made where there are none. */
export const readConfig = (context: CommandContext, options: ServeOptions): Config =>
  withDevelopmentSecrets(readConfigAlone(context, options), systemRandom)

/** What a server begins with: the same, and what looks like a slip, which its log tells. */
export function readServerConfig(
  context: CommandContext,
  options: ServeOptions,
): { readonly config: Config; readonly strangers: readonly Stranger[] } {
  const { config, strangers } = inspectConfig(configInput(context, options))
  return { config: withDevelopmentSecrets(config, systemRandom), strangers }
}
