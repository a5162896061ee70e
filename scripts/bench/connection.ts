export interface Answer {
  readonly status: number
  readonly body: string
}

/** One connection that stays open and asks one thing at a time. */
export interface Connection {
  ask(request: string): Promise<Answer>
  close(): void
}

/**
 * Speaks as much HTTP/1.1 as servers under load are asked: `fetch` takes as long for a request as they do, on a machine
 * that both share. Answers have a length; text of ASCII goes both ways.
 */
export async function openConnection(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url)
  let received = ''
  let waiting: PromiseWithResolvers<Answer> | undefined
  const fail = (error: Error) => waiting?.reject(error)
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(_, chunk) {
        received += chunk.toString('latin1')
        const answer = parseAnswer(received)
        if (!answer) return
        received = ''
        waiting?.resolve(answer)
      },
      close: () => fail(new Error(`${url} closed the connection`)),
      error: (_, error) => fail(error),
    },
  })
  return {
    ask(request) {
      waiting = Promise.withResolvers()
      if (socket.write(request) !== request.length) fail(new Error('The request was not sent as a whole'))
      return waiting.promise
    },
    close: () => void socket.end(),
  }
}

/** Undefined until all of it is there. */
function parseAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1]
  if (length === undefined) throw new Error(`An answer without a length:\n${text}`)
  const body = text.slice(end + 4)
  if (body.length < Number(length)) return undefined
  return { status: Number(text.slice(9, 12)), body }
}
