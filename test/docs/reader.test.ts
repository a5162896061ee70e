import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DemoServer } from './demo.ts'
import { parsePage } from './pages.ts'
import { follow } from './reader.ts'
import { stepsOf } from './steps.ts'

let server: Bun.Server<undefined>
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authy2-reader-'))
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    routes: {
      '/right': () => Response.json({ success: true, url: `http://localhost:${server.port}/x` }),
      '/wrong': () => Response.json({ success: false }, { status: 403 }),
    },
  })
})
afterAll(async () => {
  await server.stop(true)
  await rm(folder, { recursive: true, force: true })
})

/** Follows a page of these blocks, and tells how often the reader waited for mail. */
async function read(...blocks: readonly (readonly [language: string, code: string])[]) {
  const text = blocks.map(([language, code]) => `\`\`\`${language}\n${code}\n\`\`\`\n`).join('\n')
  let waits = 0
  const demo: DemoServer = {
    port: server.port ?? 0,
    env: { PATH: process.env.PATH ?? '', HOME: folder },
    async mailsDelivered() {
      waits++
    },
    async [Symbol.asyncDispose]() {},
  }
  await follow(stepsOf(parsePage('page.md', text)), { folder: await mkdtemp(join(folder, 'page-')), demo })
  return waits
}

const RIGHT = 'curl -s http://localhost:5000/right'
const WRONG = 'curl -s http://localhost:5000/wrong'

test('variables and functions of a block are there in the next, and mail has arrived before it', async () => {
  const waits = await read(
    ['sh', 'name=Bob\ngreet() { echo "Hello $1"; }'],
    ['sh', 'greet $name'],
    ['text', 'Hello Bob'],
  )
  expect(waits).toBe(2)
})

test('another server takes the place of the documented one, and its answers are as documented', async () => {
  await read(['sh', RIGHT], ['json', '{ "success": true, "url": "http://localhost:5000/x" }'])
})

test('TypeScript is run, and its output compared', async () => {
  await read(['ts', "const answer: number = 42\nconsole.log('It is', answer)"], ['text', 'It is 42'])
  await expect(read(['ts', "throw new Error('broken')"])).rejects.toThrow('page.md:1: failed')
})

test('a file is there for what comes after it, and knows the other server, too', async () => {
  await read(
    ['toml page.toml', 'url = "http://localhost:5000/right"'],
    ['sh', `curl -s "$(sed 's/.*"\\(.*\\)"/\\1/' page.toml)"`],
    ['json', '{ "success": true, "…": "…" }'],
  )
})

test('the program is at hand, as after an installation', async () => {
  await read(['sh', 'authy2 --help'], ['text', 'Usage: authy2 …\n…'])
})

test('a refusal passes where the page shows it', async () => {
  await read(['sh', WRONG], ['json', '{ "success": false }'])
  await read(['sh', `curl -s -o refused.json -w '%{http_code}' http://localhost:5000/wrong`], ['text', '403'])
})

describe('a page fails that', () => {
  test.each([
    ['has a command that fails', [['sh', 'false']], 'page.md:1: failed'],
    ['uses what it has not set', [['sh', 'echo $missing']], 'page.md:1: failed'],
    ['ends the shell', [['sh', 'exit 0']], 'page.md:1: failed'],
    ['is refused without saying so', [['sh', WRONG]], 'page.md:1: the server refused'],
    ['is refused in a pipe', [['sh', `${WRONG} | cat`]], 'page.md:1: the server refused'],
    ['calls a server that is not there', [['sh', 'curl -s http://127.0.0.1:1']], 'page.md:1: failed'],
    [
      'shows another answer',
      [
        ['sh', RIGHT],
        ['json', '{ "success": 1 }'],
      ],
      'page.md:5: the output is',
    ],
    [
      'shows JSON for what is none',
      [
        ['sh', 'echo x'],
        ['json', '{}'],
      ],
      'page.md:5: the output is not JSON',
    ],
    [
      'shows another text',
      [
        ['sh', 'echo x'],
        ['text', 'y'],
      ],
      'page.md:5: the output is',
    ],
    [
      'fails later',
      [
        ['sh', 'true'],
        ['sh', 'false'],
      ],
      'page.md:5: failed',
    ],
  ] as const)('%s', async (_, blocks, complaint) => {
    await expect(read(...blocks)).rejects.toThrow(complaint)
  })
})
