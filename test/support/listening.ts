import type { Answer, CallOptions, TestServer } from './server.ts'

/** What a server must be told for the addresses of `listen` to count. */
export const BEHIND_A_PROXY = { TRUSTED_PROXIES: '127.0.0.1' }

/** The app on a socket, called through a proxy that says where the client is: requests in process come from nowhere. */
export function listen({ app }: TestServer) {
  app.listen({ hostname: '127.0.0.1', port: 0 })
  return {
    async callFrom(
      address: string,
      method: string,
      path: string,
      options: CallOptions = {},
    ): Promise<Answer> {
      const { token, body, headers } = options
      const response = await fetch(`http://127.0.0.1:${app.server?.port}/api/v1${path}`, {
        method,
        headers: {
          'x-forwarded-for': address,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, headers: response.headers, body: await response.json() }
    },
    [Symbol.asyncDispose]: async () => {
      await app.stop(true)
    },
  }
}
