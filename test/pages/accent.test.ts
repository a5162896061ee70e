import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { accentStyle, contrastOf } from '../../src/pages/accent.ts'

/** The custom properties of each theme. */
function propertiesOf(accent: string) {
  const [light, dark] = accentStyle(accent)
    .split('@media')
    .map((rule) =>
      Object.fromEntries([...rule.matchAll(/--([a-z-]+):(#[0-9a-f]{6})/g)].map(([, n, v]) => [n, v])),
    )
  return { light: light ?? {}, dark: dark ?? {} }
}

const hexColor = fc
  .integer({ min: 0, max: 0xffffff })
  .map((value) => `#${value.toString(16).padStart(6, '0')}`)
const SURFACES = { light: ['#ffffff', '#f4f5f7'], dark: ['#1e2125', '#131518'] } as const

test('whatever colour is chosen, words on it and words in it can be read (WCAG 2.2 §1.4.3)', () => {
  fc.assert(
    fc.property(hexColor, (accent) => {
      const themes = propertiesOf(accent)
      for (const name of ['light', 'dark'] as const) {
        const { fill = '', 'fill-hover': hover = '', 'on-fill': onFill = '', ink = '' } = themes[name]
        expect(contrastOf(onFill, fill)).toBeGreaterThanOrEqual(4.5)
        expect(contrastOf(onFill, hover)).toBeGreaterThanOrEqual(4.5)
        for (const surface of SURFACES[name]) expect(contrastOf(ink, surface)).toBeGreaterThanOrEqual(4.5)
      }
    }),
    { numRuns: 500 },
  )
})

test('a colour that can be read is left as it is', () => {
  expect(propertiesOf('#2456c9').light).toMatchObject({
    fill: '#2456c9',
    ink: '#2456c9',
    'on-fill': '#ffffff',
  })
  expect(propertiesOf('#FFD400').dark).toMatchObject({
    fill: '#ffd400',
    ink: '#ffd400',
    'on-fill': '#000000',
  })
})

test('black and white are as far apart as colours get', () => {
  expect(contrastOf('#000000', '#ffffff')).toBeCloseTo(21, 5)
  expect(contrastOf('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
})
