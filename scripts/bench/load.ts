import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connection, openConnection } from './connection.ts'
import { percentile } from './table.ts'

export interface Target {
  readonly url: string
  readonly headers?: Record<string, string>
  /** Makes it a POST of this form. */
  readonly form?: string
  /** Makes it a POST of this, as JSON. From sockets only. */
  readonly json?: unknown
}

const CONNECTIONS = 16

/** Requests per second that a server answers to 16 connections: by `wrk` where it is installed, else from here. */
export async function throughput(target: Target, seconds: number): Promise<number> {
  const wrk = Bun.which('wrk')
  return wrk ? byWrk(wrk, target, seconds) : bySockets(target, { connections: CONNECTIONS, seconds })
}

async function byWrk(wrk: string, target: Target, seconds: number): Promise<number> {
  const { url, headers = {}, form } = target
  const asArguments = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const script = form === undefined ? [] : ['-s', await postScript(form)]
  const run = Bun.spawn([wrk, '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, ...asArguments, ...script, url], {
    stdout: 'pipe',
  })
  const report = await new Response(run.stdout).text()
  if (/Non-2xx/.test(report)) throw new Error(`${url} did not answer 2xx under load:\n${report}`)
  const figure = /Requests\/sec:\s*([\d.]+)/.exec(report)?.[1]
  if (figure === undefined) throw new Error(`wrk said nothing of ${url}:\n${report}`)
  return Number(figure)
}

/** What makes wrk send a form, in the language that it is told in. */
async function postScript(form: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'authy2-bench-')), 'post.lua')
  await Bun.write(
    path,
    `wrk.method = "POST"\nwrk.body = ${JSON.stringify(form)}\nwrk.headers["Content-Type"] = "${FORM}"\n`,
  )
  return path
}

const FORM = 'application/x-www-form-urlencoded'

/** The same to so many connections, from here in any case. */
export async function bySockets(
  target: Target,
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): Promise<number> {
  const request = encodeRequest(target)
  const end = performance.now() + seconds * 1000
  let answered = 0
  await onConnections(target.url, connections, async (connection) => {
    while (performance.now() < end) {
      const { status } = await connection.ask(request)
      if (status !== 200) throw new Error(`${target.url} answered ${status}`)
      if (performance.now() < end) answered++
    }
  })
  return answered / seconds
}

/** What travels, without the parts that no server here looks at. */
export function encodeRequest(target: Target): string {
  const { url, headers = {} } = target
  const { pathname, search, host } = new URL(url)
  const posted = bodyOf(target)
  const of = posted && { 'Content-Type': posted.type, 'Content-Length': posted.text.length }
  const lines = Object.entries({ Host: host, ...headers, ...of }).map(([name, value]) => `${name}: ${value}`)
  const head = [`${posted ? 'POST' : 'GET'} ${pathname}${search} HTTP/1.1`, ...lines]
  return `${head.join('\r\n')}\r\n\r\n${posted?.text ?? ''}`
}

function bodyOf({ form, json }: Target): { readonly type: string; readonly text: string } | undefined {
  if (form !== undefined) return { type: FORM, text: form }
  return json === undefined ? undefined : { type: 'application/json', text: JSON.stringify(json) }
}

/** Runs `work` on so many connections at once, until it is done on all of them. */
export async function onConnections(
  url: string,
  count: number,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const connections = await Promise.all(Array.from({ length: count }, () => openConnection(url)))
  try {
    await Promise.all(connections.map(work))
  } finally {
    for (const connection of connections) connection.close()
  }
}

export async function get({ url, headers = {}, form }: Target): Promise<void> {
  const posted = form === undefined ? {} : { method: 'POST', body: form }
  const type = form === undefined ? {} : { 'content-type': FORM }
  const response = await fetch(url, { ...posted, headers: { ...type, ...headers } })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
}

/** Repeats `request` on several connections until the time is over; returns how many were answered. */
export async function hammer(
  connections: number,
  seconds: number,
  request: () => Promise<void>,
): Promise<{ answered: number }> {
  const end = performance.now() + seconds * 1000
  let answered = 0
  const one = async () => {
    while (performance.now() < end) {
      await request()
      if (performance.now() < end) answered++
    }
  }
  await Promise.all(Array.from({ length: connections }, one))
  return { answered }
}

/**
 * The 99th percentile of the latency in milliseconds at a fixed rate: each request is due at its time,
 * whether or not those before it were answered, so that a stall counts for all who would have come meanwhile.
 */
export async function latencyAt(
  rate: number,
  seconds: number,
  request: () => Promise<void>,
): Promise<number> {
  const latencies: number[] = []
  const start = performance.now()
  const pending: Promise<void>[] = []
  for (let number = 0; number < rate * seconds; number++) {
    const due = start + (number * 1000) / rate
    const wait = due - performance.now()
    if (wait > 0) await Bun.sleep(wait)
    pending.push(request().then(() => void latencies.push(performance.now() - due)))
  }
  await Promise.all(pending)
  return percentile(latencies, 0.99)
}
