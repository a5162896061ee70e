import { s256CodeChallenge } from '../../src/protocol/oauth/index.ts'
import { parsePage } from '../pages/document.ts'

/** Where a browser's requests go: a test server, in process or over the network. */
export interface Site {
  readonly app: { handle(request: Request): Response | Promise<Response> }
  readonly deps: { readonly config: { readonly publicUrl: string } }
}

export interface Page {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: the body of any endpoint; tests say what they expect of it
  readonly json: any
  /** Where it sends the browser, if anywhere: by a header, or as a page that goes on by itself. */
  readonly location: URL | undefined
}

/** A browser that keeps cookies and follows nothing by itself. `next` may be another instance at each request. */
export class Browser {
  readonly cookies = new Map<string, string>()

  constructor(private readonly next: () => Site) {}

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  private get origin(): string {
    return this.next().deps.config.publicUrl
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.send(path, { headers })
  }

  /** Goes wherever a page leads on this site, as far as it leads there. */
  async follow(page: Page): Promise<Page> {
    let here = page
    while (here.location?.origin === this.origin) {
      here = await this.get(here.location.pathname + here.location.search)
    }
    return here
  }

  /** A form, as a page of this site sends it. */
  form(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> {
    return this.send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: this.origin, ...headers },
      body: new URLSearchParams(fields).toString(),
    })
  }

  /**
   * Sends a form of a page with what a person enters in it; the first, or the one that goes to `action`. A button that
   * has a name is pressed by its value among the entries.
   */
  submit(
    page: Page,
    entries: Record<string, string> = {},
    action?: string,
    headers?: Record<string, string>,
  ): Promise<Page> {
    const document = parsePage(page.text)
    const form = document
      .all('form')
      .find(({ attributes }) => action === undefined || attributes.get('action') === action)
    if (!form) throw new Error(`No form goes to ${action} on: ${document.all('h1')[0]?.text}`)
    return this.form(form.attributes.get('action') ?? '', { ...document.fieldsOf(form), ...entries }, headers)
  }

  /** One step of an interaction, as a front end of this site takes it. */
  step(id: string, step: string, body: object = {}, headers: Record<string, string> = {}): Promise<Page> {
    return this.json(`/api/v1/oidc/interactions/${id}/${step}`, body, headers)
  }

  /** A call of the API, as a front end of this site makes it. */
  json(path: string, body: object, headers: Record<string, string> = {}): Promise<Page> {
    return this.send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.origin, ...headers },
      body: JSON.stringify(body),
    })
  }

  interaction(id: string): Promise<Page> {
    return this.get(`/api/v1/oidc/interactions/${id}`)
  }

  private async send(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Page> {
    const cookie = this.cookieHeader
    const headers = { ...init.headers, ...(cookie === '' ? {} : { cookie }) }
    const response = await this.next().app.handle(new Request(`${this.origin}${path}`, { ...init, headers }))
    for (const text of response.headers.getSetCookie()) this.keep(text)
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    const location = response.headers.get('location') ?? refreshOf(response, text)
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
      location: location === null ? undefined : new URL(location, this.origin),
    }
  }

  private keep(text: string): void {
    const [pair = '', ...attributes] = text.split('; ')
    const separator = pair.indexOf('=')
    const name = pair.slice(0, separator)
    if (attributes.includes('Max-Age=0')) this.cookies.delete(name)
    else this.cookies.set(name, pair.slice(separator + 1))
  }
}

/** Where a page leads by itself: an application is handed its answer so. */
function refreshOf({ headers }: Response, html: string): string | null {
  if (!headers.get('content-type')?.startsWith('text/html')) return null
  const meta = parsePage(html)
    .all('meta')
    .find(({ attributes }) => attributes.get('http-equiv') === 'refresh')
  return meta?.attributes.get('content')?.replace(/^0;url=/, '') ?? null
}

export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

/** The path that a client sends the browser to. */
export function authorizePath(
  client: { readonly id: string },
  parameters: Readonly<Record<string, string | undefined>> = {},
): string {
  const all = {
    client_id: client.id,
    redirect_uri: 'https://wiki.example.com/callback',
    response_type: 'code',
    scope: 'openid email',
    state: 'af0ifjsldkj',
    code_challenge: s256CodeChallenge(VERIFIER),
    code_challenge_method: 'S256',
    ...parameters,
  }
  const given = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return `/oidc/authorize?${new URLSearchParams(Object.fromEntries(given))}`
}

/** The id of the interaction that a page sends the browser to. */
export function interactionOf({ location }: Page): string {
  const id = location?.pathname === '/login' ? location.searchParams.get('interaction') : null
  if (!id) throw new Error(`No interaction begins here: ${location}`)
  return id
}

/** What the client finds in its redirect URI. */
export const answerOf = ({ location }: Page): Record<string, string> =>
  Object.fromEntries(location?.searchParams ?? [])
