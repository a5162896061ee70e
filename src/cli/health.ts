import { localUrl } from '../config/index.ts'
import { CommandError } from './command-error.ts'
import { type CommandContext, readConfigAlone, type ServeOptions } from './context.ts'

const PATIENCE_MILLISECONDS = 2_500

/** Asks the server of this configuration whether it is up. Throws a CommandError when it is not. */
export async function healthCommand(context: CommandContext, options: ServeOptions): Promise<undefined> {
  const config = readConfigAlone(context, options)
  const url = `${localUrl(config, config.port)}/api/health/live`
  const response = await fetch(url, {
    signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    // The certificate is for the public name, and what is asked here is no secret.
    ...(config.tls && { tls: { rejectUnauthorized: false } }),
  }).catch((error: unknown) => {
    throw new CommandError(`${url} does not answer: ${error instanceof Error ? error.message : error}`)
  })
  if (!response.ok) throw new CommandError(`${url} answers ${response.status}.`)
  context.terminal.print('up')
}
