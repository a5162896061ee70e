/** A rendered page, taken apart as a browser would. */

export interface PageElement {
  readonly tag: string
  readonly attributes: ReadonlyMap<string, string>
  /** The elements that it stands in, from the outside. */
  readonly within: readonly PageElement[]
  /** All text in it, also in what it contains. */
  text: string
}

export interface PageDocument {
  readonly elements: readonly PageElement[]
  all(tag: string): readonly PageElement[]
  /** What a form would send, of those that are in it. */
  fieldsOf(form: PageElement): Readonly<Record<string, string>>
}

const VOID = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source'])

export function parsePage(html: string): PageDocument {
  const elements: PageElement[] = []
  const open: PageElement[] = []
  new HTMLRewriter()
    .on('*', {
      element(given) {
        const attributes = new Map([...given.attributes].map(([name, value]) => [name, decode(value)]))
        const element: PageElement = { tag: given.tagName, attributes, within: [...open], text: '' }
        elements.push(element)
        if (VOID.has(given.tagName) || given.selfClosing) return
        open.push(element)
        given.onEndTag(() => {
          open.splice(open.indexOf(element))
        })
      },
      text({ text }) {
        for (const element of open) element.text += decode(text)
      },
    })
    .transform(html)
  return {
    elements,
    all: (tag) => elements.filter((element) => element.tag === tag),
    fieldsOf: (form) =>
      Object.fromEntries(
        elements
          .filter(({ tag, within }) => tag === 'input' && within.includes(form))
          .filter(({ attributes }) => attributes.get('type') !== 'checkbox' || attributes.has('checked'))
          .map(({ attributes }) => [attributes.get('name') ?? '', attributes.get('value') ?? '']),
      ),
  }
}

const decode = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&amp;', '&')
