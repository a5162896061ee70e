import Bowser from 'bowser'

const MAX_LENGTH = 512 // parsing is at worst quadratic in the header's length
const BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP))
const SYSTEMS: ReadonlySet<string> = new Set(Object.values(Bowser.OS_MAP))
/** The first product of RFC 9110 §10.1.5, as programs other than browsers name themselves. */
const PRODUCT = /^([A-Za-z][A-Za-z0-9_-]{0,31})(?:[/ ]|$)/

/**
 * How a session's device is called in lists and mails: `Firefox on Linux`, `curl`, `Unknown device`.
 * Whoever signs in chooses the header, and the name is mailed to the user: so it is made of well-known names
 * or of one word that can be neither a sentence nor an address.
 */
export function deviceName(userAgent: string | undefined): string {
  const header = userAgent?.slice(0, MAX_LENGTH).trim()
  if (!header) return 'Unknown device'
  const known = named.get(header)
  if (known !== undefined) return known
  if (named.size === MAX_NAMED) named.clear()
  const name = readDeviceName(header)
  named.set(header, name)
  return name
}

/** Parsing costs more than all else of a sign-in but the hash, and few programs sign most people in. */
const named = new Map<string, string>()
const MAX_NAMED = 500

function readDeviceName(header: string): string {
  const { browser, os } = Bowser.parse(header)
  const program = among(BROWSERS, browser.name) ?? product(header)
  const system = among(SYSTEMS, os.name)
  if (program && system) return `${program} on ${system}`
  return program ?? (system ? `Unknown browser on ${system}` : 'Unknown device')
}

const among = (names: ReadonlySet<string>, name: string | undefined) =>
  name !== undefined && names.has(name) ? name : undefined

/** Every browser starts with `Mozilla` for history's sake: that names nothing. */
function product(header: string): string | undefined {
  const name = PRODUCT.exec(header)?.[1]
  return name === 'Mozilla' ? undefined : name
}
