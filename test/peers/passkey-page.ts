import type { Page } from 'playwright-core'
import type { Row } from '../../src/db/index.ts'
import { readPages } from '../docs/pages.ts'
import { freePort } from '../support/programs.ts'
import { type TestServer, type TestServerOptions, testServer } from '../support/server.ts'

/** What the page of the documents calls the API. */
const DOCUMENTED = 'http://localhost:5000'
const HTML = { headers: { 'content-type': 'text/html; charset=utf-8' } }

/** The front-end code of docs/second-factors.md, for a server somewhere else. */
export function documentedScript(server: string): string {
  const blocks = readPages().find(({ path }) => path === 'docs/second-factors.md')?.blocks ?? []
  const scripts = blocks.filter(({ language }) => language === 'js').map(({ code }) => code)
  if (scripts.length === 0) throw new Error('docs/second-factors.md has no script')
  return scripts.join('\n').replaceAll(DOCUMENTED, server)
}

/** The whole app on a socket of `localhost`, with a page beside it that has the script of the documents. */
export async function serveWithPage(options: TestServerOptions = {}) {
  const url = `http://localhost:${freePort()}`
  const t = await testServer({ ...options, env: { PUBLIC_URL: url, ...options.env } })
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: Number(new URL(url).port),
    fetch: (request) =>
      new URL(request.url).pathname === '/page'
        ? new Response(`<title>Page</title><script>${documentedScript(url)}</script>`, HTML)
        : t.app.handle(request),
  })
  return {
    t,
    url,
    [Symbol.asyncDispose]: async () => {
      await server.stop(true)
      await t[Symbol.asyncDispose]()
    },
  }
}

/** A page of another origin with the same script. */
export function servePage(url: string, serverUrl: string) {
  const page = `<title>Elsewhere</title><script>${documentedScript(serverUrl)}</script>`
  const port = Number(new URL(url).port)
  const server = Bun.serve({ hostname: '127.0.0.1', port, fetch: () => new Response(page, HTML) })
  return {
    url,
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}

/** Calls a function of the page's script; its failure, by name and message, in place of an answer. */
export const callPage = (
  page: Page,
  name: 'register' | 'signIn' | 'post',
  ...input: unknown[]
  // biome-ignore lint/suspicious/noExplicitAny: the data of any endpoint; tests say what they expect of it
): Promise<any> => page.evaluate(CALL, [name, input] as const)

/** Runs in the browser. Functions that a classic script declares are properties of its window. */
const CALL = ([name, input]: readonly [string, unknown[]]) => {
  const declared = globalThis as unknown as Record<string, (...input: unknown[]) => Promise<unknown>>
  return declared[name]?.(...input).catch((error: Error) => ({ failed: error.name, message: error.message }))
}

/** How the session of a token was authenticated. */
export async function sessionOf(t: TestServer, token: string): Promise<Pick<Row<'session'>, 'amr' | 'acr'>> {
  const answer = await t.call('GET', '/auth/me', { token })
  return answer.body.data.session
}
