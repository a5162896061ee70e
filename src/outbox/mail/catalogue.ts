import type { MfaMethod, Role } from '../../kernel/index.ts'
import { english } from './english.ts'
import { german } from './german.ts'
import type { LinkedKind } from './links.ts'
import type { MailKind, MailOf, MfaChange } from './mail.ts'

/** What a mail says. The subject is its heading, too; each paragraph is one line of plain text. */
export interface Words {
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly smallPrint: readonly string[]
}

/** What the words may speak of besides the mail itself. */
export interface Surroundings {
  /** The host of this server, as people know it. */
  readonly service: string
  /** An RFC 3339 instant, as the language writes it. */
  instant(text: string): string
}

/** All words of one language. The type has a place for every kind, so none can be forgotten. */
export interface Catalogue {
  readonly language: string
  /** For `Intl`: which of the language's ways to write a date. */
  readonly dates: string
  readonly mails: {
    readonly [Kind in MailKind]: (
      mail: MailOf<Kind>,
      surroundings: Surroundings,
    ) => Words & (Kind extends LinkedKind ? { readonly button: string } : object)
  }
  readonly device: Readonly<Record<'time' | 'name' | 'address' | 'unknownAddress', string>>
  /** What happened to a second factor: the subject of the mail, and its first sentence. */
  readonly mfaChanges: Readonly<Record<MfaChange, { readonly subject: string; readonly sentence: string }>>
  readonly mfaMethods: Readonly<Record<MfaMethod, string>>
  readonly roles: Readonly<Record<Role, string>>
  /** Stands before a token, for people whose application takes it itself. */
  readonly code: string
  /** Stands before a link that is written out. */
  readonly plainLink: string
  readonly footer: (service: string) => string
}

const CATALOGUES: readonly Catalogue[] = [english, german]

/** The catalogue for a BCP 47 tag by its language; English where there is none. RFC 4647 §3.4 */
export function catalogueFor(locale: string | null): Catalogue {
  const language = locale?.split('-', 1)[0]?.toLowerCase()
  return CATALOGUES.find((catalogue) => catalogue.language === language) ?? english
}
