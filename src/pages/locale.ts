/** The languages that pages are written in; the first is the one to fall back on. */
export const LOCALES = ['en', 'de'] as const
export type Locale = (typeof LOCALES)[number]

/** More would be no person's list. */
const MAX_RANGES = 20

/**
 * The language of a page: what the application asked for, else the user's own, else the browser's, else English.
 * `ui_locales` is a list by preference (OIDC Core §3.1.2.1); lookup by language, RFC 4647 §3.4.
 */
export function chooseLocale(wishes: {
  readonly uiLocales?: string | null | undefined
  readonly userLocale?: string | null | undefined
  readonly acceptLanguage?: string | null | undefined
}): Locale {
  const ranges = [
    ...(wishes.uiLocales ?? '').split(' ').slice(0, MAX_RANGES),
    wishes.userLocale ?? '',
    ...byPreference(wishes.acceptLanguage ?? ''),
  ]
  return ranges.map(localeOf).find((locale) => locale !== undefined) ?? LOCALES[0]
}

function localeOf(range: string): Locale | undefined {
  const language = range.trim().split(/[-_]/, 1)[0]?.toLowerCase()
  return LOCALES.find((locale) => locale === language)
}

/** `de-CH, en;q=0.8`: the ranges that are wanted, most wanted first. RFC 9110 §12.5.4 */
function byPreference(header: string): readonly string[] {
  return header
    .split(',')
    .slice(0, MAX_RANGES)
    .map((part) => {
      const [range = '', ...parameters] = part.split(';')
      const quality = parameters
        .map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/i.exec(text)?.[1])
        .find(Boolean)
      return { range, quality: Number(quality ?? 1) }
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .map(({ range }) => range)
}
