import { isIP } from 'node:net'
import { z } from 'zod'

/** From the text of a variable to its meaning; `description` says what is expected, in errors and documents. */
export type Format<T> = z.ZodType<T, string>

/** `parse` answers undefined for what it does not accept. */
export const format = <T>(expected: string, parse: (text: string) => T | undefined): Format<T> =>
  z
    .string()
    .transform((text, context): T => {
      const value = parse(text)
      if (value !== undefined) return value
      context.addIssue(expected)
      return z.NEVER
    })
    .describe(expected)

export const oneOf = <const T extends readonly [string, ...string[]]>(...values: T): Format<T[number]> =>
  format<T[number]>(`one of ${values.join(', ')}`, (text) => values.find((value) => value === text))

const spelledFlag = z.stringbool()

/** Also 1 and 0, yes and no, on and off. */
export const flag: Format<boolean> = format('true or false', (text) => spelledFlag.safeParse(text).data)

export const text: Format<string> = format('a line of text', (value) =>
  /^[^\r\n]+$/.test(value) ? value : undefined,
)

export const integer = (minimum: number, maximum: number): Format<number> =>
  format(`a whole number from ${minimum} to ${maximum}`, (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    return number >= minimum && number <= maximum ? number : undefined
  })

/** Every item must be accepted; spaces around items and empty items are dropped, an empty list is not one. */
export const listOf = <T>(item: Format<T>, expected: string): Format<readonly T[]> =>
  format(expected, (value) => {
    const texts = value.split(',').map((part) => part.trim())
    const items = texts.filter((part) => part !== '').map((part) => item.safeParse(part))
    const accepted = items.flatMap((result) => (result.success ? [result.data] : []))
    return accepted.length > 0 && accepted.length === items.length ? accepted : undefined
  })

const UNIT_SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

const parseSeconds = (value: string): number | undefined => {
  const match = /^(\d{1,9})([smhd]?)$/.exec(value)
  if (!match) return undefined
  const seconds = Number(match[1]) * UNIT_SECONDS[(match[2] || 's') as keyof typeof UNIT_SECONDS]
  return seconds > 0 ? seconds : undefined
}

/** In seconds. */
export const duration: Format<number> = format(
  'seconds, or a duration such as 90s, 30m, 12h, 7d',
  parseSeconds,
)

/** In seconds, bounded. */
export const durationUpTo = (maximumSeconds: number): Format<number> =>
  format(`a duration such as 90s, 30m, 12h, of at most ${maximumSeconds} seconds`, (value) => {
    const seconds = parseSeconds(value)
    return seconds !== undefined && seconds <= maximumSeconds ? seconds : undefined
  })

const rateLimitWindow = format('points/duration', (value) => {
  const [points = '', per = '', ...rest] = value.split('/')
  const durationSeconds = parseSeconds(per)
  if (rest.length > 0 || durationSeconds === undefined || !/^[1-9]\d{0,8}$/.test(points)) return undefined
  return { points: Number(points), durationSeconds }
})

export const rateLimit = listOf(rateLimitWindow, 'requests per duration, such as 10/1m or 10/1m,50/1h')

/** Plain addresses stand for themselves alone. */
const cidr = format('a CIDR block', (value) => {
  const [address = '', prefix, ...rest] = value.split('/')
  const bits = { 4: 32, 6: 128 }[isIP(address)]
  if (bits === undefined || rest.length > 0) return undefined
  if (prefix === undefined) return `${address}/${bits}`
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits ? value : undefined
})

export const cidrs = listOf(cidr, 'addresses or CIDR blocks, such as 10.0.0.0/8,::1')

const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

export const domain: Format<string> = format('a domain name, such as example.com', (value) => {
  const name = value.toLowerCase()
  return DOMAIN.test(name) ? name : undefined
})

/** A display name and address, or an address alone; never two lines, which would be a second header. */
export const mailbox: Format<string> = format('an address, or Name <address>', (value) =>
  /^([^<>\r\n]{1,200} ?<[^\s<>@,]+@[^\s<>@,]+>|[^\s<>@,]+@[^\s<>@,]+)$/.test(value) ? value : undefined,
)
