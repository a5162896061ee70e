import type { Page } from '../authorization-server/browser.ts'
import { type PageElement, parsePage } from '../pages/document.ts'
import type { Run } from './plan.ts'

/** Where a browser ends up: back at the application with an answer, or on a page that leads nowhere by itself. */
export type Landing = Callback | Standing

export interface Callback {
  readonly kind: 'callback'
  readonly method: 'GET' | 'POST'
  readonly url: URL
  /** Of the query, of the fragment where there is one, or of the form that was posted. */
  readonly params: URLSearchParams
  /** The paths of the pages that the person acted on, on the way. */
  readonly acted: readonly string[]
}

export interface Standing {
  readonly kind: 'page'
  readonly page: Page
}

export interface Acts {
  /** Refuses what the application asks for. */
  readonly denies?: boolean
  /** Does nothing from this page on: only looks at it. */
  readonly waitsAt?: '/login' | '/consent'
}

/** Opens an address in the run's browser, and the person does what is asked, by the pages' plain forms. */
export const open = async (run: Run, url: URL, acts: Acts = {}): Promise<Landing> =>
  goOn(run, await run.browser.get(url.pathname + url.search), acts)

/** Goes on from a page until the browser is with the application, or is asked nothing that a person would answer. */
export async function goOn(run: Run, from: Page, acts: Acts = {}): Promise<Landing> {
  const { browser, op } = run
  const acted: string[] = []
  let page = from
  // More steps than there are pages mean that they lead in a circle.
  for (let step = 0; step < 12; step++) {
    const { location } = page
    if (location && location.origin !== op.as.issuer) {
      const params =
        location.hash === '' ? location.searchParams : new URLSearchParams(location.hash.slice(1))
      return { kind: 'callback', method: 'GET', url: location, params, acted }
    }
    if (location) {
      page = await browser.get(location.pathname + location.search)
      continue
    }
    const handedOver = postedTo(page, op.as.issuer)
    if (handedOver) return { ...handedOver, acted }
    const entries = answerTo(page, run, acts)
    if (!entries || (acts.waitsAt && entries.action.startsWith(acts.waitsAt))) return { kind: 'page', page }
    acted.push(entries.action)
    page = await browser.submit(page, entries.fields, entries.action)
  }
  throw new Error('The pages lead in a circle')
}

const formsOf = ({ text }: Page) => {
  const document = parsePage(text)
  return document.all('form').map((form) => ({ form, fields: document.fieldsOf(form) }))
}

const actionOf = (form: PageElement): string => form.attributes.get('action') ?? ''

/** A form that goes to an application hands it its answer. OAuth 2.0 Form Post Response Mode §2 */
function postedTo(page: Page, issuer: string): Omit<Callback, 'acted'> | undefined {
  if (!page.headers.get('content-type')?.startsWith('text/html')) return undefined
  for (const { form, fields } of formsOf(page)) {
    const url = URL.parse(actionOf(form), issuer)
    if (url && url.origin !== issuer && form.attributes.get('method')?.toLowerCase() === 'post') {
      const given = Object.entries(fields).filter(([name]) => name !== '')
      return { kind: 'callback', method: 'POST', url, params: new URLSearchParams(given) }
    }
  }
  return undefined
}

/** What the person enters in the form of the page, or undefined where there is nothing of that kind on it. */
function answerTo(page: Page, { op }: Run, { denies }: Acts) {
  const actions = formsOf(page).map(({ form }) => actionOf(form))
  const action = actions.find((path) => path.startsWith('/consent') || path.startsWith('/login'))
  if (action === undefined) return undefined
  const { email, password } = op.person
  const fields = action.startsWith('/consent') ? { decision: denies ? 'deny' : 'allow' } : { email, password }
  return { action, fields }
}
