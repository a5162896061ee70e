/** What the attributes of a page may point to; an address that is not of the kind is left out. */

/** Of what somebody else wrote. */
const MAX_LENGTH = 2_048

/** An `https` or `http` page of somebody else's; undefined for any other scheme. */
export const webAddress = (text: string | null | undefined): string | undefined =>
  parse(short(text), ({ protocol }) => protocol === 'https:' || protocol === 'http:')

/** A picture over `https`: what the content policy lets through. */
export const imageAddress = (text: string | null | undefined): string | undefined =>
  parse(short(text), ({ protocol }) => protocol === 'https:')

/**
 * Where an application is handed its answer: a web page, or a private-use scheme, which has a dot (RFC 8252 §7.1);
 * so never `javascript:` or `data:`. As long as it is: this server has put the answer there, with tokens and a state.
 */
export const redirectAddress = (text: string): string | undefined =>
  parse(text, ({ protocol }) => /^https?:$/.test(protocol) || protocol.includes('.'))

/** A path of this server; undefined for whatever a browser could read as another host. */
export const localPath = (text: string | null | undefined): string | undefined =>
  text && /^\/(?![/\\])[^\s\\\p{Cc}]*$/u.test(text) ? text : undefined

const short = (text: string | null | undefined): string => (text && text.length <= MAX_LENGTH ? text : '')

function parse(text: string, isAllowed: (url: URL) => boolean): string | undefined {
  const url = URL.parse(text)
  const isPlain = url !== null && url.username === '' && url.password === ''
  return isPlain && isAllowed(url) ? url.href : undefined
}
