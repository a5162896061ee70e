import { describe, expect, test } from 'bun:test'
import { parsePage } from './pages.ts'
import { stepsOf } from './steps.ts'

const fenced = (language: string, code = 'code') => `\`\`\`${language}\n${code}\n\`\`\`\n`
const steps = (...blocks: readonly string[]) => stepsOf(parsePage('page.md', blocks.join('\nText.\n\n')))

test('blocks are found with their language, line and code, also with a longer fence around a shorter one', () => {
  const text = `# Page\n\n${fenced('sh', 'one\ntwo')}\n\`\`\`\`text more words\n${fenced('sh')}\`\`\`\`\n`
  expect(parsePage('page.md', text).blocks).toEqual([
    { place: 'page.md:3', line: 3, language: 'sh', code: 'one\ntwo\n' },
    { place: 'page.md:8', line: 8, language: 'text', code: fenced('sh') },
  ])
})

test('a file is saved under the name after its language, and a program is not run by that', () => {
  const found = steps(fenced('ini grafana.ini'), fenced('ts cli.ts'), fenced('ts'))
  expect(found.map(({ block }) => [block.language, block.file])).toEqual([
    ['ini', 'grafana.ini'],
    ['ts', 'cli.ts'],
    ['ts', undefined],
  ])
})

test('a block that is not closed is refused', () => {
  expect(() => parsePage('page.md', '```sh\ncode\n')).toThrow('page.md:1')
})

test('what is run becomes a step, with the output that is shown after it', () => {
  const found = steps(fenced('sh'), fenced('json', '{}'), fenced('ts'), fenced('console'), fenced('sh'))
  expect(found.map(({ block, expected }) => [block.language, expected?.language])).toEqual([
    ['sh', 'json'],
    ['ts', undefined],
    ['sh', undefined],
  ])
})

describe('refused is', () => {
  test.each([
    ['a block that does not say what it is', [fenced('')]],
    ['a block of a language that nothing is done with', [fenced('bash')]],
    ['an output of nothing', [fenced('json', '{}')]],
    ['an output of what is not run', [fenced('sh'), fenced('console'), fenced('text')]],
    ['a second output of one step', [fenced('sh'), fenced('json', '{}'), fenced('json', '{}')]],
    ['a file without a name', [fenced('ini')]],
    ['a name for what is no file', [fenced('sh install.sh')]],
    ['an output of a file', [fenced('ts cli.ts'), fenced('text')]],
    ['JSON that is none', [fenced('sh'), fenced('json', '{')]],
    ['YAML that is none', [fenced('yaml', 'a: [')]],
    ['JSONC that is none', [fenced('jsonc', '{')]],
  ])('%s', (_, blocks) => {
    expect(() => steps(...blocks)).toThrow('page.md:')
  })
})
