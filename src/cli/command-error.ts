/** A command that cannot do what was asked. The message is for the person at the terminal: what to do next. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}
