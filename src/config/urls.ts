import { resolve } from 'node:path'
import { type Format, format, listOf } from './formats.ts'

/** Scheme, host and port of a web address; one with a path, a query or a user is not an origin. RFC 6454 §4 */
export const origin: Format<string> = format(
  'an http or https origin, such as https://id.example.com',
  (text) => {
    const url = URL.parse(text)
    if (!url || !['http:', 'https:'].includes(url.protocol)) return undefined
    const bare = url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password
    return bare ? url.origin : undefined
  },
)

export const corsOrigins = listOf(
  format('an origin or *', (text) => (text === '*' ? text : origin.safeParse(text).data)),
  'http or https origins separated by commas, or *',
)

export type Database = { kind: 'sqlite'; path: string } | { kind: 'postgres'; url: string }

export const databaseUrl: Format<Database> = format(
  'sqlite:<path> or postgres://user@host/database',
  (text) => {
    const path = /^sqlite:(?:\/\/)?(.+)$/.exec(text)?.[1]
    if (path) return { kind: 'sqlite', path: resolve(path) }
    const url = URL.parse(text)
    return url && ['postgres:', 'postgresql:'].includes(url.protocol) && url.hostname
      ? { kind: 'postgres', url: text }
      : undefined
  },
)

export const redisUrls = listOf(
  format('a Redis URL', (text) => {
    const url = URL.parse(text)
    return url && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname ? text : undefined
  }),
  'redis:// or rediss:// URLs; several, separated by commas, are the nodes of one cluster',
)

export type SmtpUrl = {
  host: string
  port: number | undefined
  secure: boolean
  user: string | undefined
  password: string | undefined
}

export const smtpUrl: Format<SmtpUrl> = format('smtp://user:password@host:port or smtps://…', (text) => {
  const url = URL.parse(text)
  if (!url?.hostname || !['smtp:', 'smtps:'].includes(url.protocol)) return undefined
  const user = decode(url.username)
  const password = decode(url.password)
  if (user === undefined || password === undefined) return undefined
  return {
    host: bareHost(url.hostname),
    port: url.port === '' ? undefined : Number(url.port),
    secure: url.protocol === 'smtps:',
    user: user || undefined,
    password: password || undefined,
  }
})

/** True for names and addresses that cannot leave this machine. RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3 */
export function isLoopbackHost(host: string): boolean {
  const name = bareHost(host)
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
  )
}

/** The text of one or several URLs without passwords and query values; undefined when it is no URL. */
export function withoutPasswords(text: string, separator: string | undefined): string | undefined {
  const parts = separator === undefined ? [text] : text.split(separator)
  const shown = parts.map((part) => {
    const url = URL.parse(part.trim())
    if (!url) return undefined
    if (url.password) url.password = '***'
    if (url.search) url.search = '?***'
    return url.href
  })
  return shown.includes(undefined) ? undefined : shown.join(separator)
}

const bareHost = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')

function decode(component: string): string | undefined {
  try {
    return decodeURIComponent(component)
  } catch {
    return undefined
  }
}
