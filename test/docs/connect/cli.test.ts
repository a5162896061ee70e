import { afterAll, beforeAll, expect, test } from 'bun:test'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { followGuide, type Guide } from './guide.ts'
import { runExample } from './program.ts'

const TIMEOUT_MS = 120_000
const SAVED = '.config/acme/refresh-token'

let guide: Guide
beforeAll(async () => {
  guide = await followGuide('docs/connect/cli.md')
}, TIMEOUT_MS)
afterAll(() => guide?.[Symbol.asyncDispose]())

/** Runs the program while Bob answers for it. */
async function signIn(decision: 'allow' | 'deny') {
  await using program = runExample(guide, 'acme.ts')
  const [, userCode = ''] = await program.says(/^Open \S+\/device and enter (\S+)$/m)
  const [, address = ''] = await program.says(/^or open (\S+)$/m)
  const bob = guide.bob()
  const question = await bob.signIn(address)
  const warning = await bob.submit(question, { user_code: userCode })
  expect(warning.text).toContain(userCode)
  await bob.submit(warning, { decision })
  return { code: await program.exited, output: program.output() }
}

async function run(...words: string[]) {
  await using program = runExample(guide, 'acme.ts', { words })
  return { code: await program.exited, output: program.output() }
}

test(
  'the program of the guide waits for Bob, stays signed in, and signs out',
  async () => {
    const first = await signIn('allow')
    expect(first.output).toEndWith('Signed in as Bob Builder <bob@acme-corp.com>\n')
    expect((await stat(join(guide.folder, SAVED))).mode & 0o777).toBe(0o600)
    const kept = await guide.read(SAVED)

    expect(await run()).toEqual({ code: 0, output: 'Signed in as Bob Builder <bob@acme-corp.com>\n' })
    expect(await guide.read(SAVED)).not.toBe(kept)

    expect(await run('sign-out')).toEqual({ code: 0, output: 'Signed out\n' })
    await using again = runExample(guide, 'acme.ts')
    await again.says(/^Open /)
  },
  TIMEOUT_MS,
)

test(
  'it is not let in by a no',
  async () => {
    const { code, output } = await signIn('deny')
    expect(code).not.toBe(0)
    expect(output).toContain('access_denied')
  },
  TIMEOUT_MS,
)
