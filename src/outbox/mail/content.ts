import { type Catalogue, catalogueFor, type Surroundings, type Words } from './catalogue.ts'
import { linkOf } from './links.ts'
import type { Mail, MailKind, MailOf } from './mail.ts'

/** One mail, said in one language; both parts, text and HTML, are made of this. All of it is plain text. */
export interface MailContent {
  readonly language: string
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly facts: readonly (readonly [label: string, value: string])[]
  readonly button: { readonly label: string; readonly url: string; readonly plainLink: string } | undefined
  readonly code: { readonly label: string; readonly value: string } | undefined
  readonly smallPrint: readonly string[]
}

/** Says the mail in its reader's language. */
export function composeMail(mail: Mail, publicUrl: string): MailContent {
  const catalogue = catalogueFor(mail.locale)
  const service = new URL(publicUrl).host
  const instant = (text: string) => writeInstant(text, catalogue)
  const words = wordsFor(catalogue, mail, { service, instant })
  const url = linkOf(mail, publicUrl)
  return {
    language: catalogue.language,
    subject: oneLine(words.subject),
    paragraphs: words.paragraphs.map(oneLine),
    facts: factsOf(mail, catalogue, instant),
    button: words.button && url ? { label: words.button, url, plainLink: catalogue.plainLink } : undefined,
    code: 'token' in mail ? { label: catalogue.code, value: mail.token } : undefined,
    smallPrint: [...words.smallPrint, catalogue.footer(service)].map(oneLine),
  }
}

/** The catalogue's type pairs each kind with its mail; that `mail.kind` names that kind is known here only. */
function wordsFor<Kind extends MailKind>(
  catalogue: Catalogue,
  mail: MailOf<Kind>,
  surroundings: Surroundings,
): Words & { readonly button?: string } {
  return catalogue.mails[mail.kind as Kind](mail, surroundings)
}

function factsOf(mail: Mail, { device }: Catalogue, instant: Surroundings['instant']): MailContent['facts'] {
  if (!('deviceName' in mail)) return []
  return [
    [device.time, instant(mail.at)],
    [device.name, oneLine(mail.deviceName)],
    [device.address, oneLine(mail.address ?? device.unknownAddress)],
  ]
}

/** In UTC and saying so: where the reader is, nobody knows. */
function writeInstant(text: string, { dates }: Catalogue): string {
  const format = new Intl.DateTimeFormat(dates, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })
  return `${format.format(new Date(text))} UTC`
}

/**
 * Names are written by strangers. A line break would begin a paragraph or a header of its own, and a
 * direction override (UAX #9) would show the rest of the line backwards.
 */
const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .trim()
