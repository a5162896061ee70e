import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** What commands say and ask. Tests have one of their own. */
export interface Terminal {
  /** What was asked for: to standard output. */
  print(text: string): void
  /** Progress, hints and complaints: to standard error. */
  note(text: string): void
  /** True where a person can be asked. */
  readonly isInteractive: boolean
  /** A line that is not shown while it is typed. */
  askSecret(question: string): Promise<string>
  /** All of standard input. */
  readInput(): Promise<string>
}

export const systemTerminal: Terminal = {
  print: (text) => console.log(text),
  note: (text) => void writeSync(process.stderr.fd, `${text}\n`), // console.error would print it in red
  get isInteractive() {
    return process.stdin.isTTY === true && process.stderr.isTTY === true
  },
  async askSecret(question) {
    process.stderr.write(question)
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
    lines.on('SIGINT', () => process.exit(130)) // 128 + SIGINT, as a shell counts
    try {
      return await lines.question('')
    } finally {
      lines.close()
      process.stderr.write('\n')
    }
  },
  readInput: () => Bun.stdin.text(),
}
