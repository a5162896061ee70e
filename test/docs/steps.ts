import { parseDotenv } from '../../src/config/dotenv.ts'
import { loadConfig } from '../../src/config/index.ts'
import type { Block, Page } from './pages.ts'

/** Something that a reader does, and the block after it that shows what comes out. */
export interface Step {
  /** What to run; or, where it has the name of a file, to save. */
  readonly block: Block
  readonly expected: Block | undefined
}

/** What becomes of a block, by its language. Any other language is a mistake. */
const TREATMENTS: Readonly<Record<string, 'run' | 'output' | 'parse' | 'leave' | 'save'>> = {
  sh: 'run',
  ts: 'run',
  // Belongs to the block before it. In text `…` stands for anything; as a line of its own, for any lines.
  json: 'output',
  text: 'output',
  jsonc: 'parse',
  yaml: 'parse',
  env: 'parse', // a configuration that a server starts with
  // What a test cannot run: it goes on for ever, needs a system service, or is for another machine.
  console: 'leave',
  // For a browser: test/peers/chromium-passkeys.test.ts runs it in one.
  js: 'leave',
  // Files of other programs, which test/docs/connect runs.
  apache: 'save',
  html: 'save',
  ini: 'save',
  toml: 'save',
  tsx: 'save',
}

/** The steps of a page, in order. Throws for blocks that are neither run nor compared nor meant to be left. */
export function stepsOf({ blocks }: Page): readonly Step[] {
  const steps: Step[] = []
  let last: Block | undefined
  for (const block of blocks) {
    const treatment = treatmentOf(block)
    if (treatment === undefined) {
      throw new Error(
        `${block.place}: a block says what it is: ${Object.keys(TREATMENTS).join(', ')}; not "${block.language}"`,
      )
    }
    if ((treatment === 'save') !== (block.file !== undefined)) {
      throw new Error(`${block.place}: a file, and nothing else, has a name after its language`)
    }
    if (treatment === 'run' || treatment === 'save') steps.push({ block, expected: undefined })
    if (treatment === 'parse') parse(block)
    if (treatment === 'output') {
      const step = steps.at(-1)
      if (!step || step.block !== last || isFile(last))
        throw new Error(`${block.place}: this is the output of nothing`)
      if (block.language === 'json') parse(block)
      steps.splice(-1, 1, { ...step, expected: block })
    }
    last = block
  }
  return steps
}

/** TypeScript with a name is a file for later: a program that waits for people, or a part of one. */
const treatmentOf = (block: Block) => (isFile(block) ? 'save' : TREATMENTS[block.language])

const isFile = ({ language, file }: Block): boolean =>
  TREATMENTS[language] === 'save' || (language === 'ts' && file !== undefined)

function parse({ place, language, code }: Block): void {
  try {
    if (language === 'yaml') Bun.YAML.parse(code)
    else if (language === 'jsonc') Bun.JSONC.parse(code)
    else if (language === 'env')
      loadConfig({ envFile: false, env: Object.fromEntries(parseDotenv(code).values) })
    else JSON.parse(code)
  } catch (error) {
    throw new Error(`${place}: is not ${language}`, { cause: error })
  }
}
