import { createServer, connect as dial, type Socket } from 'node:net'

/** What stands between a client and a server, and can fall silent: it takes what it is sent, and hands on nothing. */
export interface StallingProxy extends AsyncDisposable {
  /** The server's address, by way of the proxy. */
  readonly url: string
  /** From now on nothing gets through, on connections old and new, and none is closed. */
  stall(): void
  /** New connections get through again; those that were silent stay so, as behind a network that lost them. */
  resume(): void
}

export async function stallingProxy(to: string): Promise<StallingProxy> {
  const { port, hostname } = new URL(to)
  const sockets = new Set<Socket>()
  const silenced = new WeakSet<Socket>()
  let isStalled = false

  const pass = (from: Socket, into: Socket) => {
    sockets.add(from)
    from.on('data', (bytes) => {
      if (isStalled) silenced.add(from).add(into)
      if (!silenced.has(from)) into.write(bytes)
    })
    from.on('error', () => into.destroy())
    from.on('close', () => {
      sockets.delete(from)
      into.destroy()
    })
  }
  const server = createServer((client) => {
    const behind = dial(Number(port), hostname)
    pass(client, behind)
    pass(behind, client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port')
  const url = new URL(to)
  url.hostname = '127.0.0.1'
  url.port = String(address.port)
  return {
    url: url.toString(),
    stall() {
      isStalled = true
      for (const socket of sockets) silenced.add(socket)
    },
    resume() {
      isStalled = false
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
