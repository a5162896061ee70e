import type { SigningAlgorithm } from '../protocol/oauth/index.ts'
import { type CommandContext, type ConfigOptions, readConfig } from './context.ts'
import { openWorkspace } from './workspace.ts'

/** Publishes the keys that sign tokens next; servers that are running take them up by themselves. */
export async function rotateSigningKeys(
  context: CommandContext,
  options: ConfigOptions & { readonly algorithm?: SigningAlgorithm; readonly compromised?: boolean },
): Promise<undefined> {
  await using workspace = await openWorkspace(readConfig(context, options))
  const rows = await workspace.signingKeys.rotate(workspace.origin, {
    algorithm: options.algorithm,
    isCompromised: options.compromised,
  })
  for (const { id, algorithm: name, activeFrom } of rows) {
    context.terminal.print(`${name.padEnd(6)} ${id} signs from ${activeFrom.toISOString()}`)
  }
  if (options.compromised) context.terminal.note('Tokens under the old keys are refused from then on.')
}
