import type { Branded } from '../../kernel/index.ts'

/** Text of a stranger's that may stand on a page of ours; the catalogue's sentences take no other. */
export type Shown = Branded<string, 'Shown'>

/** As long as a name gets on a page; what is longer is cut, so that nobody's name becomes the page. */
const MAX_CHARACTERS = 120
/** Marks stacked higher than any language needs would cover the lines around them. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu
/** All but the joiners, which Persian and emoji need: direction overrides, tags, invisible letters. */
const INVISIBLE = /(?![\u200c\u200d])\p{Cf}/gu
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Nko}\p{Script=Syriac}\p{Script=Thaana}]/u

/**
 * Makes a name or an address fit to be shown: one line, bounded, nothing invisible, no direction override.
 * What is written from right to left is isolated, so that it does not reorder the sentence that it stands in.
 * UAX #9 §2.4
 */
export function shown(text: string): Shown {
  const plain = text
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(INVISIBLE, '')
    .replace(STACKED_MARKS, '$1')
    .trim()
  const characters = [...plain]
  const short =
    characters.length > MAX_CHARACTERS ? `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…` : plain
  const isolated = RIGHT_TO_LEFT.test(short) ? `\u2068${short}\u2069` : short
  return (isolated === '' ? '?' : isolated) as Shown
}
