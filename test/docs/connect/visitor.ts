import { type PageDocument, parsePage } from '../../pages/document.ts'

/** Where a person ended up. */
export interface Visited {
  readonly url: URL
  readonly status: number
  readonly text: string
}

/** More pages than any sign-in has. */
const MAX_STEPS = 20

export interface VisitorOptions {
  readonly email: string
  readonly password: string
  readonly issuer: string
  /** Where an application listens. To any other place the browser is only sent: nobody is there. */
  readonly application?: string
}

/**
 * A person with a browser without scripts, on the network: follows redirects, keeps cookies by host as browsers do,
 * and fills in the hosted pages.
 */
export class Visitor {
  private readonly jar = new Map<string, Map<string, string>>()

  constructor(private readonly options: VisitorOptions) {}

  /** Opens an address and does what the pages of the issuer ask, until they lead somewhere else, or ask nothing. */
  async signIn(address: string | URL): Promise<Visited> {
    return this.goOn(await this.open(address))
  }

  /** The same, from a page on. */
  async goOn(start: Visited): Promise<Visited> {
    let page = start
    for (let step = 0; step < MAX_STEPS; step++) {
      const entries = page.url.origin === this.options.issuer ? this.entriesFor(page) : undefined
      if (entries === undefined) return page
      page = await this.submit(page, entries)
    }
    throw new Error(`The pages lead nowhere: ${page.url}\n${page.text}`)
  }

  /** Opens an address, and whatever it leads to. */
  open(address: string | URL): Promise<Visited> {
    return this.visit(new URL(address))
  }

  /** Sends the form that a page has for `entries`, beside what is in it already. */
  submit(page: Visited, entries: Record<string, string>): Promise<Visited> {
    const document = parsePage(page.text)
    const form = document
      .all('form')
      .find((candidate) =>
        document.elements.some(
          ({ attributes, within }) => within.includes(candidate) && (attributes.get('name') ?? '') in entries,
        ),
      )
    if (!form) throw new Error(`No form of ${page.url} takes ${Object.keys(entries)}:\n${page.text}`)
    return this.visit(new URL(form.attributes.get('action') ?? '', page.url), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: page.url.origin },
      body: new URLSearchParams({ ...document.fieldsOf(form), ...entries }).toString(),
    })
  }

  private entriesFor({ url, status, text }: Visited): Record<string, string> | undefined {
    if (status >= 400) throw new Error(`${url} answers ${status}:\n${text}`)
    const names = new Set(parsePage(text).elements.map(({ attributes }) => attributes.get('name')))
    const { email, password } = this.options
    if (names.has('password')) return { email, password }
    if (names.has('decision')) return { decision: 'allow' }
    return undefined
  }

  private async visit(
    url: URL,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
    steps = MAX_STEPS,
  ): Promise<Visited> {
    const { issuer, application } = this.options
    if (url.origin !== issuer && url.origin !== application) return { url, status: 0, text: '' }
    if (steps === 0) throw new Error(`${url} leads in a circle`)
    const cookie = this.cookiesFor(url)
    const response = await fetch(url, {
      ...init,
      headers: { ...init.headers, ...(cookie !== '' && { cookie }) },
      redirect: 'manual',
    })
    for (const text of response.headers.getSetCookie()) this.keep(url, text)
    const text = await response.text()
    const location = response.headers.get('location') ?? refreshOf(parsePage(text))
    return location === undefined
      ? { url, status: response.status, text }
      : this.visit(new URL(location, url), {}, steps - 1)
  }

  private cookiesFor({ hostname }: URL): string {
    return [...(this.jar.get(hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  private keep({ hostname }: URL, text: string): void {
    const [pair = '', ...attributes] = text.split(/; */)
    const separator = pair.indexOf('=')
    const name = pair.slice(0, separator)
    const cookies = this.jar.get(hostname) ?? new Map<string, string>()
    this.jar.set(hostname, cookies)
    if (attributes.some((attribute) => /^(max-age=0|expires=.* 1970 .*)$/i.test(attribute)))
      cookies.delete(name)
    else cookies.set(name, pair.slice(separator + 1))
  }
}

function refreshOf(document: PageDocument): string | undefined {
  const meta = document.all('meta').find(({ attributes }) => attributes.get('http-equiv') === 'refresh')
  return meta?.attributes.get('content')?.replace(/^0;url=/, '')
}
