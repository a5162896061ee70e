import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Place } from '../support/authy2.ts'
import { createConsumer } from './consumer.ts'
import { createDemoData, startDemo } from './demo.ts'
import { type Block, ROOT, readPages } from './pages.ts'
import { follow } from './reader.ts'
import { stepsOf } from './steps.ts'

const TIMEOUT_MS = 120_000
const pages = readPages()

let workspace: string
let data: Place
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'authy2-docs-'))
  await createConsumer(workspace)
  data = await createDemoData()
}, TIMEOUT_MS)
afterAll(async () => {
  await data?.[Symbol.asyncDispose]()
  await rm(workspace, { recursive: true, force: true })
})

/** What examples call beside the tools that every system has. In CI they are there, or the run fails. */
const missing = ['curl', 'oathtool'].filter(
  (program) => Bun.which(program) === null && process.env.CI !== 'true',
)
const callsMissing = ({ language, code }: Block) =>
  language === 'sh' && missing.some((program) => code.includes(program))

describe.each(pages)('$path', (page) => {
  test.skipIf(page.blocks.some(callsMissing))(
    'is true: its blocks run one after the other and answer what it shows',
    async () => {
      const steps = stepsOf(page)
      if (steps.length === 0) return
      const folder = join(workspace, page.path)
      await mkdir(folder, { recursive: true })
      await using demo = await startDemo(data)
      await follow(steps, { folder, demo })
    },
    TIMEOUT_MS,
  )
})

test(
  'every TypeScript example passes the type check of a strict project that installs authy2',
  async () => {
    const examples = pages.flatMap(({ blocks }) => blocks).filter(({ language }) => /^tsx?$/.test(language))
    const files = examples.map(({ file, place }) => file ?? `${place.replaceAll(/[/:]/g, '_')}.ts`)
    expect(new Set(files).size).toBe(files.length)
    for (const [index, { code }] of examples.entries()) {
      await writeFile(join(workspace, files[index] ?? ''), code)
    }
    const tsc = Bun.spawn(
      [process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', workspace],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    expect([await tsc.stdout.text(), await tsc.exited]).toEqual(['', 0])
  },
  TIMEOUT_MS,
)
