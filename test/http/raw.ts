import { connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Sends bytes as they are, which `fetch` would mend first, and reads one answer. */
export async function sendRaw(port: number, ...parts: (string | Uint8Array)[]): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const socket = connect(port, '127.0.0.1')
  const chunks: Uint8Array[] = []
  const read = (isOver: boolean) => {
    const received = Buffer.concat(chunks)
    const answer = parse(received, isOver)
    if (answer) resolve(answer)
    else if (isOver) reject(new Error(`No answer, but: ${received.toString()}`))
  }
  socket.on('data', (chunk: Uint8Array) => {
    chunks.push(chunk)
    read(false)
  })
  socket.on('close', () => read(true))
  socket.on('error', reject)
  for (const part of parts) socket.write(part)
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}

/** `GET /path` with header lines; a `Host` unless given. */
export function head(method: string, path: string, headers: readonly string[] = []): string {
  const host = headers.some((line) => /^host:/i.test(line)) ? [] : ['Host: localhost']
  return `${[`${method} ${path} HTTP/1.1`, ...host, ...headers].join('\r\n')}\r\n\r\n`
}

/** A body in chunks of at most `size` bytes. RFC 9112 §7.1 */
export function chunked(body: string, size = 65_536): string {
  const chunks: string[] = []
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.slice(at, at + size)
    chunks.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)
  }
  return `${chunks.join('')}0\r\n\r\n`
}

function parse(received: Buffer, isOver: boolean): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [statusLine = '', ...lines] = received.subarray(0, end).toString().split('\r\n')
  const headers = new Headers(
    lines.map((line): [string, string] => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  const body = received.subarray(end + 4)
  const isWhole = isOver || body.length >= Number(headers.get('content-length') ?? 0)
  return isWhole ? { status: Number(statusLine.split(' ')[1]), headers, body: body.toString() } : undefined
}
