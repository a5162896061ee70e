import {
  emptyFolder,
  type ProcessOptions,
  type RunningAuthy2,
  runAuthy2,
  startAuthy2,
} from '../support/authy2.ts'
import { binaryPath } from '../support/servers.ts'

/** False where nobody has built the program: `scripts/test` does. */
export const hasBinary = binaryPath() !== undefined

/** Hashing that costs next to nothing, as development allows. */
const CHEAP = { PASSWORD_HASH: 'bcrypt', BCRYPT_LOG_ROUNDS: '4' }

/** An empty folder in which the compiled program runs with no other settings than these. */
export function binaryPlace(env: Readonly<Record<string, string>> = {}) {
  const place = emptyFolder()
  const options: ProcessOptions = {
    program: [binaryPath() ?? ''],
    folder: place.folder,
    env: { ...CHEAP, RATELIMIT_ENABLED: 'false', ...env },
  }
  return {
    folder: place.folder,
    run: (words: readonly string[], more: Partial<ProcessOptions> = {}) =>
      runAuthy2(words, { ...options, ...more }),
    start: (more: Partial<ProcessOptions> = {}): Promise<RunningAuthy2> =>
      startAuthy2({ ...options, ...more }),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  }
}

export const BOB = { email: 'bob@acme-corp.com', password: 'UserPass123!' }
