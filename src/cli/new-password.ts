import { checkPassword } from '../credentials/index.ts'
import { base64url, systemRandom } from '../kernel/index.ts'
import { CommandError } from './command-error.ts'
import type { Terminal } from './terminal.ts'

const GENERATED_BYTES = 18 // 144 bits, 24 characters

/**
 * A new password: from standard input when asked to, from the person at the terminal, or else made up; then
 * `show` says it, once. Throws a CommandError for one that breaks the rules that everybody's does.
 */
export async function choosePassword(
  terminal: Terminal,
  { email, passwordStdin = false }: { email: string; passwordStdin?: boolean | undefined },
): Promise<{ password: string; show: () => void }> {
  const given = await givenPassword(terminal, passwordStdin)
  if (given === '' && passwordStdin) throw new CommandError('There is no password on standard input.')
  if (given === '') {
    const password = base64url(systemRandom.bytes(GENERATED_BYTES))
    return { password, show: () => terminal.print(`Password: ${password}`) }
  }
  const problems = await checkPassword(given, { email, organizationNames: [] })
  if (problems.length > 0) {
    throw new CommandError(
      ['This password will not do:', ...problems.map(({ message }) => `  ${message}`)].join('\n'),
    )
  }
  return { password: given, show: () => {} }
}

async function givenPassword(terminal: Terminal, passwordStdin: boolean): Promise<string> {
  if (passwordStdin) return (await terminal.readInput()).replace(/\r?\n$/, '')
  if (!terminal.isInteractive) return ''
  const password = await terminal.askSecret('New password (empty: make one up): ')
  if (password === '') return ''
  if ((await terminal.askSecret('Once more: ')) !== password) {
    throw new CommandError('These were two different passwords.')
  }
  return password
}
