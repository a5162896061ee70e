import { Elysia } from 'elysia'
import { z } from 'zod'
import { guard, type HttpDeps } from '../http/index.ts'
import { notFound } from '../kernel/index.ts'
import { type Asset, createAsset, createAssets } from './assets.ts'
import { describeApp } from './document.ts'
import { PAGE } from './page.ts'
import type { MountedRoutes } from './route.ts'

export interface OpenApiDeps extends HttpDeps {
  /** Of the whole app, which these routes are a part of: asked for once it stands. */
  routes(): MountedRoutes
}

/** Scripts and styles of this server only; Swagger UI draws its icons from `data:` and needs no inline style. */
const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-cache',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}

const Page = z.string()
const Document = z.looseObject({ openapi: z.string() })
const hidden = (summary: string) => ({ summary, hide: true })

/** The description of the API, for programs and for people. Nothing is read or made before it is asked for. */
export const openapi = (deps: OpenApiDeps) => {
  const findAsset = createAssets()
  let made: Promise<Asset> | undefined
  const document = () => {
    made ??= createAsset(
      new Blob([JSON.stringify(describeApp(deps.routes(), deps.config))]),
      'application/json',
    )
    return made
  }
  const sendPage = ({ set }: { set: Settings }) => {
    Object.assign(set.headers, PAGE_HEADERS)
    return PAGE
  }
  const sendDocument = async ({ request, set }: { request: Request; set: Settings }) =>
    send(await document(), request, set)

  return new Elysia({ name: 'openapi', tags: ['Documents'] })
    .use(guard(deps))
    .get('/openapi', sendPage, {
      public: true,
      response: { 200: Page },
      detail: {
        summary: 'Read this description and try it out',
        responses: { 200: { description: 'The page.', content: { 'text/html': {} } } },
      },
    })
    .get('/openapi/json', sendDocument, {
      public: true,
      response: { 200: Document },
      detail: { summary: 'This description, as OpenAPI 3.1' },
    })
    .get(
      '/openapi/assets/:name',
      async ({ params, request, set }) => {
        const asset = await findAsset(params.name)
        if (!asset) throw notFound('File')
        return send(asset, request, set)
      },
      {
        public: true,
        params: z.object({ name: z.string() }),
        response: { 200: z.string() },
        detail: hidden('A file of the page'),
      },
    )
    .get('/swagger', sendPage, { public: true, response: { 200: Page }, detail: hidden('As /openapi') })
    .get('/swagger/json', sendDocument, {
      public: true,
      response: { 200: Document },
      detail: hidden('As /openapi/json'),
    })
}

interface Settings {
  readonly headers: object
}

/** Caches may keep it but ask each time: an upgrade shows at once, and what is unchanged is not sent again. */
function send(asset: Asset, request: Request, set: Settings): Response {
  Object.assign(set.headers, {
    ETag: asset.etag,
    'Cache-Control': 'no-cache',
    Vary: 'Accept-Encoding',
  })
  if (request.headers.get('if-none-match')?.includes(asset.etag)) return new Response(null, { status: 304 })
  const isGzip = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')
  return new Response(isGzip ? asset.gzipped : asset.plain, {
    headers: { 'Content-Type': asset.type, ...(isGzip && { 'Content-Encoding': 'gzip' }) },
  })
}
