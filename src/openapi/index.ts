/**
 * The description of the API: OpenAPI 3.1 of every mounted route, out of what the routes declare (schemas,
 * guards, limits, failures), and the page to read it and try it out.
 * Routes: /openapi, /openapi/json; /swagger, /swagger/json.
 * Invariants: a route that does not hide is in it; nothing is loaded from elsewhere; nothing is made before
 * it is asked for.
 */
export { describeApp, type OpenApiDocument } from './document.ts'
export { type OpenApiDeps, openapi } from './routes.ts'
