/** The one colour that an organization chooses, made readable on both themes. WCAG 2.2 §1.4.3, §1.4.11 */

/** What the colour is seen on: the darker of the light surfaces, the lighter of the dark ones; as in style.css. */
const SURFACES = { light: '#f4f5f7', dark: '#1e2125' } as const
const DEFAULT_ACCENT = '#2456c9'
const WHITE = [255, 255, 255] as const
const BLACK = [0, 0, 0] as const
const TEXT_CONTRAST = 4.5
/** Links also stand on tints of the surface. */
const INK_CONTRAST = 5

type Rgb = readonly [red: number, green: number, blue: number]

/**
 * Custom properties for the style sheet: `--fill` (buttons: the colour itself), `--fill-hover`, `--on-fill`
 * (their words: black or white) and `--ink` (links, focus rings, the edges of buttons: darker or lighter until it
 * can be read). What is not `#rrggbb` counts as no colour.
 */
export function accentStyle(accent: string | null | undefined): string {
  const color = parseColor(accent ?? '') ?? hexColor(DEFAULT_ACCENT)
  const light = declarations(color, hexColor(SURFACES.light), BLACK)
  const dark = declarations(color, hexColor(SURFACES.dark), WHITE)
  return `:root{${light}}@media (prefers-color-scheme:dark){:root{${dark}}}`
}

/** The contrast ratio of two `#rrggbb` colours, from 1 to 21. WCAG 2.2, “contrast ratio” */
export const contrastOf = (one: string, other: string): number => contrast(hexColor(one), hexColor(other))

function declarations(accent: Rgb, surface: Rgb, away: Rgb): string {
  const ink = readable(accent, { on: surface, towards: away })
  // One of the two always has a contrast of 4.58 or more.
  const isWhiteReadable = contrast(WHITE, accent) >= TEXT_CONTRAST
  const onFill = isWhiteReadable ? WHITE : BLACK
  const hover = mix(accent, isWhiteReadable ? BLACK : WHITE, 0.15) // away from the words: they only gain
  return `--fill:${write(accent)};--fill-hover:${write(hover)};--on-fill:${write(onFill)};--ink:${write(ink)}`
}

/** The colour itself, or as little darker or lighter as makes it stand out. */
function readable(color: Rgb, { on, towards }: { on: Rgb; towards: Rgb }): Rgb {
  for (let share = 0; share < 1; share += 0.02) {
    const candidate = mix(color, towards, share)
    if (contrast(candidate, on) >= INK_CONTRAST) return candidate
  }
  return towards
}

function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

/** WCAG 2.2, “relative luminance” */
function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0)
}

function mix(color: Rgb, other: Rgb, share: number): Rgb {
  const part = (index: 0 | 1 | 2) => Math.round(color[index] + (other[index] - color[index]) * share)
  return [part(0), part(1), part(2)]
}

const parseColor = (text: string): Rgb | undefined =>
  /^#[0-9a-f]{6}$/i.test(text) ? hexColor(text) : undefined

const hexColor = (text: string): Rgb => [
  Number.parseInt(text.slice(1, 3), 16),
  Number.parseInt(text.slice(3, 5), 16),
  Number.parseInt(text.slice(5, 7), 16),
]

const write = (color: Rgb): string => `#${color.map((value) => value.toString(16).padStart(2, '0')).join('')}`
