import { SIGNING_ALGORITHMS } from '../protocol/oauth/index.ts'
import { CommandError } from './command-error.ts'
import { type CommandContext, type ConfigOptions, readConfig } from './context.ts'
import { openWorkspace } from './workspace.ts'

/** Publishes the keys that sign tokens next; servers that are running take them up by themselves. */
export async function rotateSigningKeys(
  context: CommandContext,
  options: ConfigOptions & { readonly algorithm?: string; readonly compromised?: boolean },
): Promise<undefined> {
  const algorithm = SIGNING_ALGORITHMS.find((name) => name === options.algorithm)
  if (options.algorithm !== undefined && !algorithm) {
    throw new CommandError(`The algorithm must be one of ${SIGNING_ALGORITHMS.join(', ')}.`)
  }
  await using workspace = await openWorkspace(readConfig(context, options))
  const rows = await workspace.signingKeys.rotate(workspace.origin, {
    algorithm,
    isCompromised: options.compromised,
  })
  for (const { id, algorithm: name, activeFrom } of rows) {
    context.terminal.print(`${name.padEnd(6)} ${id} signs from ${activeFrom.toISOString()}`)
  }
  if (options.compromised) context.terminal.note('Tokens under the old keys are refused from then on.')
}
