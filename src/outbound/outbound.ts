import { lookup as systemLookup } from 'node:dns/promises'
import http, { type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import { OutboundError, type OutboundFailure } from './outbound-error.ts'
import { createReach } from './reachable.ts'

/** From asking for the name until the last byte of the answer. */
const TOTAL_MILLISECONDS = 5_000
const MAX_BYTES = 65_536
const MAX_URL_LENGTH = 2_048

export interface OutboundRequest {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface OutboundResponse {
  readonly status: number
  /** Without parameters, in lower case; empty where there is none. */
  readonly mediaType: string
  readonly body: Uint8Array
}

export interface Outbound {
  /** Answers with any status but a redirect. Throws an OutboundError. */
  send(url: string, request?: OutboundRequest): Promise<OutboundResponse>
  /** The JSON at `url`, in one of `mediaTypes`. Throws an OutboundError. */
  fetchJson(url: string, mediaTypes: readonly string[]): Promise<unknown>
}

interface Resolved {
  readonly address: string
  readonly family: number
}
type Lookup = (hostname: string) => Promise<readonly Resolved[]>

export interface OutboundOptions {
  /** CIDR blocks that may be reached besides public addresses. */
  readonly allow: readonly string[]
  readonly lookup?: Lookup
  /** Certificate authorities to trust in place of the usual ones. */
  readonly ca?: string
  readonly totalMilliseconds?: number
}

export function createOutbound({
  allow,
  lookup = resolve,
  ca,
  totalMilliseconds,
}: OutboundOptions): Outbound {
  const reach = createReach(allow)

  /** The addresses of a URL's host, each of them checked: whoever mixes in one that is refused means no good. */
  async function checkedAddresses(url: URL): Promise<readonly Resolved[]> {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
    const literal = isIP(host)
    const addresses = literal ? [{ address: host, family: literal }] : await lookup(host)
    if (addresses.length === 0) throw new OutboundError(url.href, 'unresolvable')
    for (const { address } of addresses) {
      const reached = reach(address)
      if (reached === 'refused') throw new OutboundError(url.href, 'refused')
      if (reached === 'public' && url.protocol !== 'https:') throw new OutboundError(url.href, 'url')
    }
    return addresses
  }

  async function send(text: string, request: OutboundRequest = {}): Promise<OutboundResponse> {
    const url = parseUrl(text)
    const signal = AbortSignal.timeout(totalMilliseconds ?? TOTAL_MILLISECONDS)
    const fail = (failure: OutboundFailure) => (error: unknown) => {
      if (error instanceof OutboundError) throw error
      throw new OutboundError(text, signal.aborted ? 'timeout' : failure, error)
    }
    const addresses = await unlessAborted(checkedAddresses(url), signal).catch(fail('unresolvable'))
    const answer = await connect(url, { request, addresses, signal, ca }).catch(fail('unreachable'))
    try {
      refuseAnswer(text, answer)
      return {
        status: answer.statusCode ?? 0,
        mediaType: (answer.headers['content-type'] ?? '').split(';', 1).join('').trim().toLowerCase(),
        body: await unlessAborted(readBody(text, answer), signal).catch(fail('unreachable')),
      }
    } finally {
      answer.destroy()
    }
  }

  return {
    send,
    async fetchJson(url, mediaTypes) {
      const { status, mediaType, body } = await send(url, { headers: { accept: mediaTypes.join(', ') } })
      if (status !== 200) throw new OutboundError(url, isOfNow(status) ? 'unavailable' : 'status')
      if (!mediaTypes.some((expected) => isOfType(mediaType, expected)))
        throw new OutboundError(url, 'media_type')
      try {
        return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
      } catch (cause) {
        throw new OutboundError(url, 'malformed', cause)
      }
    },
  }
}

/** Nothing follows from it but that one may come again. RFC 9110 §15.6, RFC 6585 §4 */
const isOfNow = (status: number): boolean => status >= 500 || status === 429

/** `application/*+json` is every type that says of itself to be JSON. RFC 6839 §3.1 */
const isOfType = (mediaType: string, expected: string): boolean => {
  const [start = '', end] = expected.split('*')
  return end === undefined ? mediaType === expected : mediaType.startsWith(start) && mediaType.endsWith(end)
}

/** The parser turns every spelling of an IPv4 address (decimal, octal, hexadecimal, short) into the usual one. */
function parseUrl(text: string): URL {
  const url = text.length > MAX_URL_LENGTH ? null : URL.parse(text)
  if (!url || !['https:', 'http:'].includes(url.protocol) || url.username || url.password) {
    throw new OutboundError(text, 'url')
  }
  return url
}

const resolve: Lookup = (hostname) => systemLookup(hostname, { all: true, verbatim: true })

interface Connection {
  readonly request: OutboundRequest
  readonly addresses: readonly Resolved[]
  readonly signal: AbortSignal
  readonly ca: string | undefined
}

/**
 * Resolves with the head of the answer. The socket is given the addresses that were checked in place of a second
 * look-up, which could answer differently; the certificate must still be that of the name.
 */
function connect(url: URL, { request, addresses, signal, ca }: Connection): Promise<IncomingMessage> {
  const { method = 'GET', headers, body } = request
  const [first] = addresses
  const options: RequestOptions & { ca?: string } = {
    method,
    headers: { 'user-agent': 'Authy2', 'accept-encoding': 'identity', ...headers },
    agent: false, // a kept connection would have been checked for an earlier request
    signal,
    lookup: (_hostname, { all }, callback) =>
      all ? callback(null, [...addresses]) : callback(null, first?.address ?? '', first?.family),
    ...(ca === undefined ? {} : { ca }),
  }
  return new Promise((fulfil, reject) => {
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, options, fulfil)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function refuseAnswer(url: string, { statusCode = 0, headers }: IncomingMessage): void {
  if (statusCode >= 300 && statusCode < 400) throw new OutboundError(url, 'redirect')
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw new OutboundError(url, 'encoding')
}

async function readBody(url: string, answer: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_BYTES) throw new OutboundError(url, 'too_large')
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** A look-up cannot be taken back, and a body may stall: nobody waits for them longer than for the signal. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort))
}
