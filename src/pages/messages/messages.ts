import type { Locale } from '../locale.ts'
import { english } from './english.ts'
import { german } from './german.ts'

/** All words of one language: a place for every text of the English ones, so none can be forgotten. */
export type Messages = Wording<typeof english>

type Wording<Text> = Text extends string
  ? string
  : Text extends (...facts: infer Facts) => string
    ? (...facts: Facts) => string
    : { readonly [Key in keyof Text]: Wording<Text[Key]> }

const CATALOGUES: Readonly<Record<Locale, Messages>> = { en: english, de: german }

export const messagesFor = (locale: Locale): Messages => CATALOGUES[locale]
