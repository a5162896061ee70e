/** Runs commands in this process, with a terminal that remembers and an environment of its own. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommandLine, type Terminal, type WholeProgramCommands } from '../../src/cli/index.ts'

export interface Ran {
  readonly status: number
  readonly output: string
  readonly notes: string
}

export interface RunOptions {
  /** What is typed, question by question; without it nobody is at the terminal. */
  readonly answers?: readonly string[]
  readonly input?: string
  readonly whole?: Partial<WholeProgramCommands>
}

const SECRET = 'test-only-8mXz7LpR1sT4fK9vQ2wY3bN6cJ5hG0dE'

/** A temporary data folder and what runs on it; `env` is added to settings under which hashing is cheap. */
export function commandLine(env: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'authy2-cli-'))
  const settings = {
    NODE_ENV: 'test',
    DATA_DIR: folder,
    SECRET_KEY: SECRET,
    ENCRYPTION_KEY: SECRET.split('').reverse().join(''),
    PASSWORD_HASH: 'bcrypt',
    BCRYPT_LOG_ROUNDS: '4',
    ...env,
  }
  return {
    folder,
    settings,
    async run(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
      const { terminal, printed, noted } = rememberingTerminal(options)
      const whole: WholeProgramCommands = {
        serve: async () => undefined,
        openapi: async () => undefined,
        ...options.whole,
      }
      const status = await runCommandLine(words, { terminal, env: settings }, whole)
      return { status, output: printed.join('\n'), notes: noted.join('\n') }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

function rememberingTerminal({ answers, input = '' }: RunOptions) {
  const printed: string[] = []
  const noted: string[] = []
  const waiting = [...(answers ?? [])]
  const terminal: Terminal = {
    print: (text) => void printed.push(text),
    note: (text) => void noted.push(text),
    isInteractive: answers !== undefined,
    async askSecret(question) {
      noted.push(question)
      return waiting.shift() ?? ''
    },
    readInput: async () => input,
  }
  return { terminal, printed, noted }
}
