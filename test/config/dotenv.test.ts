import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseDotenv } from '../../src/config/dotenv.ts'

const read = (text: string) => Object.fromEntries(parseDotenv(text).values)

test.each([
  ['PORT=1', { PORT: '1' }],
  ['export PORT=1\r\nHOST = a \r\n', { PORT: '1', HOST: 'a' }],
  ['\uFEFFPORT=1', { PORT: '1' }],
  ['# PORT=1\n\n  # more\nHOST=a', { HOST: 'a' }],
  ['A=1 # why\nB= # nothing\nC=a#b', { A: '1', B: '', C: 'a#b' }],
  ['A=\'$HOME \\n # "x"\' # why', { A: '$HOME \\n # "x"' }],
  ['A="one\\ntwo\\t\\"x\\" \\\\ \\$"', { A: 'one\ntwo\t"x" \\ $' }],
  ['A="one\ntwo"\nB=2', { A: 'one\ntwo', B: '2' }],
  ['A=$B\nB=$(id)', { A: '$B', B: '$(id)' }],
  ['A=#a\nB=  b  \nC=  ', { A: '#a', B: 'b', C: '' }],
  ['A=1\nA=2', { A: '2' }],
  ['A=a=b==', { A: 'a=b==' }],
  ['A=', { A: '' }],
  ['', {}],
])('%j', (text, expected) => {
  expect(read(text)).toEqual(expected)
})

test('a line that is none is named by number, and the others still count', () => {
  const { values, badLines } = parseDotenv('A=1\nnonsense\n"B"=2\nC="open\nD=4\nE= \'x\'y')
  expect(badLines).toEqual([2, 3, 4, 6])
  expect([...values]).toEqual([
    ['A', '1'],
    ['D', '4'],
  ])
})

test('any text in single quotes comes back as it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).filter((value) => !value.includes("'")),
      (value) => {
        expect(read(`A='${value}'\nB=2`)).toEqual({ A: value, B: '2' })
      },
    ),
  )
})

test('no text stops the reader', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('A', '=', '"', "'", '\\', '#', ' ', '\n', '\r') }),
      (text) => {
        const { badLines } = parseDotenv(text)
        expect(badLines.every((line) => line >= 1 && line <= text.split('\n').length)).toBe(true)
      },
    ),
  )
})
