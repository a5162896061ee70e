import type { Site } from '../authorization-server/browser.ts'

/** A server of another process under the address that people know it by; `url` tells which one answers at the moment. */
export const remoteSite = (publicUrl: string, url: () => string): Site => ({
  app: {
    handle: (request) =>
      fetch(request.url.replace(publicUrl, url()), {
        method: request.method,
        headers: request.headers,
        body: request.body,
        redirect: 'manual',
      }),
  },
  deps: { config: { publicUrl } },
})
