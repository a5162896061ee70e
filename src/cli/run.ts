import { type Command, CommanderError } from 'commander'
import type { CommandContext } from './context.ts'
import { createProgram, type WholeProgramCommands } from './program.ts'

const FAILED = 1
const MISUSED = 2

/** Words that are asked of the program itself; anything else that begins with `-` is meant for `serve`. */
const OF_THE_PROGRAM = new Set(['-h', '--help', '-V', '--version'])

/** Runs the command that `words` name and returns the exit status: 0 done, 1 failed, 2 not understood. */
export async function runCommandLine(
  words: readonly string[],
  context: CommandContext,
  whole: WholeProgramCommands,
): Promise<number> {
  const { terminal } = context
  let status = 0
  const program = createProgram(context, whole, (outcome) => {
    status = outcome
  })
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
      outputError: (text) => {
        terminal.note(`authy2: ${text.replace(/^error: /, '').trimEnd()}`)
        terminal.note(`See: ${pathOf(command)} --help`)
      },
    })
  }
  try {
    await program.parseAsync(isForServe(words) ? ['serve', ...words] : [...words], { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED
    const { explain } = await import('./explain.ts')
    terminal.note(`authy2: ${explain(error)}`)
    return FAILED
  }
}

const isForServe = ([first]: readonly string[]): boolean =>
  first === undefined || (first.startsWith('-') && !OF_THE_PROGRAM.has(first))

const withSubcommands = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
]

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
