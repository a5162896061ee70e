import type { Serve } from 'bun'
import { TEST_TLS_CERTIFICATE, TEST_TLS_KEY } from '../support/tls.ts'

/** What an application serves at its own address, by path. */
export type Documents = Record<string, (request: Request) => Response | Promise<Response>>

export interface Application extends AsyncDisposable {
  /** Of a path of it, as the server under test calls it. */
  url(path: string): string
  readonly documents: Documents
}

/** An application that the server under test calls: over TLS, on this machine. */
export function startApplication(): Application {
  const documents: Documents = {}
  const options: Serve.Options<undefined> = {
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert: TEST_TLS_CERTIFICATE, key: TEST_TLS_KEY },
    fetch: (request) =>
      documents[new URL(request.url).pathname]?.(request) ?? new Response(null, { status: 404 }),
  }
  const server = Bun.serve(options)
  return {
    documents,
    url: (path) => `https://localhost:${server.port}${path}`,
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}
