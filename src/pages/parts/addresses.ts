/** What the attributes of a page may point to; an address that is not of the kind is left out. */

const MAX_LENGTH = 2048

/** An `https` or `http` page of somebody else's; undefined for any other scheme. */
export const webAddress = (text: string | null | undefined): string | undefined =>
  parse(text, ({ protocol }) => protocol === 'https:' || protocol === 'http:')

/** A picture over `https`: what the content policy lets through. */
export const imageAddress = (text: string | null | undefined): string | undefined =>
  parse(text, ({ protocol }) => protocol === 'https:')

/**
 * Where an application is handed its answer: a web page, or a private-use scheme, which has a dot (RFC 8252 §7.1);
 * so never `javascript:` or `data:`.
 */
export const redirectAddress = (text: string): string | undefined =>
  parse(text, ({ protocol }) => /^https?:$/.test(protocol) || protocol.includes('.'))

/** A path of this server; undefined for whatever a browser could read as another host. */
export const localPath = (text: string | null | undefined): string | undefined =>
  text && /^\/(?![/\\])[^\s\\\p{Cc}]*$/u.test(text) ? text : undefined

function parse(text: string | null | undefined, isAllowed: (url: URL) => boolean): string | undefined {
  if (!text || text.length > MAX_LENGTH) return undefined
  const url = URL.parse(text)
  const isPlain = url !== null && url.username === '' && url.password === ''
  return isPlain && isAllowed(url) ? url.href : undefined
}
