/**
 * The command line: what operators do beside a running server. Each command is loaded when it is chosen.
 * Exit status: 0 done, 1 failed, 2 not understood. What was asked for goes to standard output, all else to
 * standard error; a failure says what to do next.
 */
import type { Config } from '../config/index.ts'
import type { CommandContext } from './context.ts'

export { CommandError } from './command-error.ts'
export type { CommandContext } from './context.ts'
export type { WholeProgramCommands } from './program.ts'
export { runCommandLine } from './run.ts'
export { systemTerminal, type Terminal } from './terminal.ts'

/** Adds what is missing of the sample data. Loaded when called, like a command. */
export const seedSampleData = async (context: CommandContext, config: Config): Promise<void> =>
  (await import('./seed.ts')).seed(context, config)
