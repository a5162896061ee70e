/** Somebody who reads a page from top to bottom and does what it says. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FROM_SOURCES } from '../support/authy2.ts'
import { compareJson, compareText } from './comparison.ts'
import type { DemoServer } from './demo.ts'
import type { Step } from './steps.ts'

/** What pages call the demo server. Another one, on a free port, takes its place. */
const DOCUMENTED = 'localhost:5000'

/**
 * Does the steps one after the other in one shell, so that variables live on, and saves what is a file. Throws where
 * a block fails, where a call is refused without the page saying so, and where the output is not the one that is shown.
 */
export async function follow(
  steps: readonly Step[],
  { folder, demo }: { folder: string; demo: DemoServer },
): Promise<void> {
  const refused = join(folder, '.refused')
  const bin = await equip(folder, refused)
  await using shell = openShell(folder, { ...demo.env, PATH: `${bin}:${demo.env.PATH}` })
  const here = `localhost:${demo.port}`
  for (const { block, expected } of steps) {
    const file = `./${block.file ?? `${block.line}.${block.language}`}`
    await writeFile(join(folder, file), block.code.replaceAll(DOCUMENTED, here))
    if (block.file !== undefined) continue
    await writeFile(refused, '')
    const { isOver, errors, ...ran } = await shell.run(
      block.language === 'ts' ? `"${process.execPath}" ${file}` : `. ${file}`,
    )
    const output = ran.output.replaceAll(here, DOCUMENTED)
    if (isOver) throw new Error(`${block.place}: failed\n${output}\n${errors}`)
    if ((await readFile(refused, 'utf8')) !== '' && !showsRefusal(expected)) {
      throw new Error(`${block.place}: the server refused\n${output}`)
    }
    if (expected) compare(expected, output)
    await demo.mailsDelivered()
  }
}

/** A shell that ends at the first command that fails, and at the first variable that nobody has set. */
function openShell(folder: string, env: Record<string, string>) {
  const shell = Bun.spawn(['sh', '-eu'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = shell.stdout.getReader()
  return {
    async run(command: string) {
      shell.stdin.write(`${command} </dev/null >.output 2>.errors; echo done\n`)
      shell.stdin.flush()
      const { done: isOver } = await answers.read()
      const [output, errors] = await Promise.all(
        ['.output', '.errors'].map((name) => readFile(join(folder, name), 'utf8')),
      )
      return { isOver, output: output ?? '', errors: errors ?? '' }
    },
    async [Symbol.asyncDispose]() {
      shell.kill()
      await shell.exited
    },
  }
}

/**
 * The program as it is called after an installation; and a curl that takes note of what is refused, also where
 * its own exit status is lost in a pipe.
 */
async function equip(folder: string, refused: string): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const scripts = {
    authy2: `exec ${FROM_SOURCES.map((word) => `"${word}"`).join(' ')} "$@"`,
    curl: `"${Bun.which('curl')}" --fail-with-body "$@" || { status=$?; [ $status = 22 ] || exit $status; echo >>"${refused}"; }`,
  }
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(bin, name), 0o755)
  }
  return bin
}

const showsRefusal = (expected: Step['expected']): boolean =>
  expected !== undefined && /"success": ?false|\b[45]\d\d\b/.test(expected.code)

function compare({ place, language, code }: NonNullable<Step['expected']>, output: string): void {
  const differences =
    language === 'json' ? compareJson(JSON.parse(code), parse(place, output)) : compareText(code, output)
  if (differences.length > 0) {
    throw new Error(`${place}: the output is another one\n${differences.join('\n')}\n\n${output}`)
  }
}

function parse(place: string, output: string): unknown {
  try {
    return JSON.parse(output)
  } catch {
    throw new Error(`${place}: the output is not JSON\n${output}`)
  }
}
