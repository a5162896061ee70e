/** Starts `test/support/storage-process.ts` and reads what it prints. */
import { join } from 'node:path'

const PROGRAM = join(import.meta.dir, '../support/storage-process.ts')

export interface StorageProcess extends AsyncDisposable {
  readonly pid: number
  /** Line by line, until the process ends. */
  lines(): AsyncIterable<string>
  kill(): Promise<void>
}

/** `launcher` goes before the command line: a shell that sets limits, or a change of user. */
export function startStorageProcess(
  words: readonly string[],
  launcher: readonly string[] = [],
): StorageProcess {
  const child = Bun.spawn([...launcher, process.execPath, PROGRAM, ...words], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const kill = async () => {
    child.kill('SIGKILL')
    await child.exited
  }
  return {
    pid: child.pid,
    async *lines() {
      const decoder = new TextDecoder()
      let text = ''
      for await (const chunk of child.stdout) {
        const lines = (text + decoder.decode(chunk, { stream: true })).split('\n')
        text = lines.pop() ?? ''
        yield* lines
      }
    },
    kill,
    [Symbol.asyncDispose]: kill,
  }
}

/** Runs it to its end and returns its lines. */
export async function runStorageProcess(
  words: readonly string[],
  launcher: readonly string[] = [],
): Promise<readonly string[]> {
  await using child = startStorageProcess(words, launcher)
  return await Array.fromAsync(child.lines())
}
