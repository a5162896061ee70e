import type { Guide } from './guide.ts'

export interface RunningExample extends AsyncDisposable {
  /** Everything that it has written so far. */
  output(): string
  /** Resolves with the match once it has written such a thing; throws when it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  readonly exited: Promise<number>
}

/** Runs a program of a guide, as the guide says. */
export function runExample(
  { folder }: Guide,
  file: string,
  { words = [], env = {} }: { words?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): RunningExample {
  const child = Bun.spawn([process.execPath, file, ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const heard: (() => void)[] = []
  const hear = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text
      for (const wake of heard.splice(0)) wake()
    }
  }
  let isOver = false
  const over = Promise.all([hear(child.stdout), hear(child.stderr)]).then(() => {
    isOver = true
  })
  return {
    output: () => output,
    async says(pattern) {
      for (;;) {
        const match = pattern.exec(output)
        if (match) return match
        if (isOver) throw new Error(`${file} ended without ${pattern}:\n${output}`)
        await Promise.race([over, new Promise<void>((resolve) => heard.push(resolve))])
      }
    },
    exited: over.then(() => child.exited),
    async [Symbol.asyncDispose]() {
      child.kill()
      await child.exited
    },
  }
}
