import { createCookies } from '../../src/http/index.ts'
import { PASSWORD } from '../authentication/people.ts'
import { Browser, type Page } from '../authorization-server/browser.ts'
import type { TestServer } from '../support/server.ts'
import { type PageDocument, parsePage } from './document.ts'

/** Somebody with a browser without scripts, who reads pages and fills in their forms. */
export class Visitor extends Browser {
  /** `next` may be another instance at each request. */
  constructor(private readonly server: () => TestServer) {
    super(server)
  }

  /** Signs in by the password on the page that was opened. */
  byPassword(page: Page, email: string, entries: Record<string, string> = {}): Promise<Page> {
    return this.submit(page, { email, password: PASSWORD, ...entries }, '/login')
  }

  /** Whose session this browser has, if anybody's. */
  async signedInAs(): Promise<string | undefined> {
    const { config, authenticate } = this.server().deps
    const token = this.cookies.get(createCookies(config).names.session)
    return token === undefined ? undefined : (await authenticate(token, true))?.user.email
  }
}

export const documentOf = (page: Page): PageDocument => parsePage(page.text)
export const titleOf = (page: Page): string => documentOf(page).all('h1')[0]?.text ?? ''

/** What is said to be wrong: with the form as a whole, or at an entry. */
export function problemsOn(page: Page): string[] {
  const { elements } = documentOf(page)
  return elements
    .filter(({ attributes }) => {
      const isShown = !attributes.has('hidden')
      const classes = attributes.get('class') ?? ''
      return isShown && (classes === 'callout danger' || classes === 'problem')
    })
    .map(({ text }) => text)
}

/** The addresses of the links on a page, by their words. */
export const linksOn = (page: Page): Record<string, string> =>
  Object.fromEntries(
    documentOf(page)
      .all('a')
      .map(({ text, attributes }) => [text, attributes.get('href') ?? '']),
  )

/** What a passkey button hands the browser. */
export function ceremonyOn(page: Page) {
  const form = documentOf(page)
    .all('form')
    .find(({ attributes }) => attributes.has('data-ceremony'))
  if (!form) throw new Error('There is no passkey button on this page')
  return {
    action: form.attributes.get('action') ?? '',
    // biome-ignore lint/suspicious/noExplicitAny: options of either ceremony, as the page carries them
    options: JSON.parse(form.attributes.get('data-options') ?? '') as any,
  }
}

/** The key of an authenticator app, as somebody types it who cannot scan. */
export const secretOn = (page: Page): string =>
  documentOf(page)
    .elements.find(({ attributes }) => attributes.get('class') === 'secret')
    ?.text.replaceAll(' ', '') ?? ''
