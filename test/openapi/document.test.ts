import { afterAll, describe, expect, test } from 'bun:test'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { z } from 'zod'
import { SCOPES } from '../../src/http/index.ts'
import { ERROR_STATUS } from '../../src/kernel/index.ts'
import { CLIENT_SCRIPTS } from '../../src/pages/client-scripts.ts'
import { PATHS } from '../../src/pages/paths.ts'
import { describedServer, isOfStandard, operationsOf } from './described.ts'

const { t, document } = await describedServer()
const operations = operationsOf(document)
afterAll(() => t[Symbol.asyncDispose]())

const get = (name: string) => {
  const operation = operations.get(name)
  if (!operation) throw new Error(`${name} is not in the document`)
  return operation
}
/** The failures that an operation tells of, as `403 STEP_UP_REQUIRED`. */
const failuresOf = (name: string): readonly string[] =>
  Object.entries(get(name).responses).flatMap(([status, { $ref }]) =>
    $ref === undefined
      ? []
      : $ref
          .slice('#/components/responses/'.length)
          .split('.')
          .map((type) => `${status} ${type}`),
  )

async function lint(source: object): Promise<readonly string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const absoluteRef = 'https://id.authy2.dev/openapi/json'
  const problems = await lintFromString({ source: JSON.stringify(source), absoluteRef, config })
  return problems.map(
    ({ ruleId, message, location }) => `${ruleId}: ${message} ${location.map((at) => at.pointer)}`,
  )
}

test('a linter finds nothing to say, not even a warning', async () => {
  expect(await lint(document)).toEqual([])
})

test('the linter would find something: a reference that leads nowhere', async () => {
  const { schemas, ...components } = document.components
  expect((await lint({ ...document, components })).length).toBeGreaterThan(0)
})

describe('what is in it', () => {
  test('every mounted route that does not hide, and nothing else', () => {
    const mounted = t.app.routes
      .filter(({ hooks }) => !hooks.detail?.hide)
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
    expect([...operations.keys()].toSorted()).toEqual(mounted.toSorted())
    expect(operations.size).toBeGreaterThan(70)
  })

  test('hidden are the mailbox of development, other names, pages and their files', () => {
    const hidden = t.app.routes.filter(({ hooks }) => hooks.detail?.hide).map(({ path }) => path)
    const isMailbox = (path: string) => path.startsWith('/dev/')
    const pages: readonly string[] = [
      ...Object.values(PATHS),
      ...CLIENT_SCRIPTS.map(({ path }) => path),
      `${PATHS.invites}/:token`,
    ]
    expect(hidden.filter((path) => !isMailbox(path) && !pages.includes(path))).toEqual([
      '/openapi/assets/:name',
      '/swagger',
      '/swagger/json',
    ])
  })

  test('the address of the server, and the name of its cookie', async () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.servers).toEqual([{ url: 'https://id.authy2.dev' }])
    expect(document.components.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      cookie: { type: 'apiKey', in: 'cookie', name: '__Host-authy2_session' },
      openIdConnect: {
        type: 'openIdConnect',
        openIdConnectUrl: 'https://id.authy2.dev/.well-known/openid-configuration',
      },
      clientBasic: { type: 'http', scheme: 'basic' },
    })
  })

  test('no dialect is repeated and no definition stays inside of a schema', () => {
    expect(JSON.stringify(document)).not.toMatch(/\$schema|\$defs/)
    expect(Object.keys(document.components.schemas ?? {})).toEqual(
      expect.arrayContaining(['User', 'Session', 'Organization', 'Member', 'AuditEvent', 'Failure']),
    )
  })
})

describe.each([...operations])('%s', (name, operation) => {
  test('has a summary, one section that is described, and a name in camel case', () => {
    expect(operation.summary.length).toBeGreaterThan(5)
    expect(operation.summary).not.toEndWith('.')
    expect(operation.tags).toHaveLength(1)
    expect(document.tags.map((tag) => tag.name)).toContain(operation.tags[0] ?? '')
    expect(operation.operationId).toMatch(/^[a-z]+([A-Z][A-Za-z0-9]*)*$/)
  })

  test('describes every parameter of its path, and no other', () => {
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
    expect(inPath.map((parameter) => parameter.name)).toEqual(
      [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter ?? ''),
    )
  })

  test('takes its body as JSON, or as its standard says, with an example', () => {
    if (!operation.requestBody) return
    const { content } = operation.requestBody
    const isForm = isOfStandard(name) && !name.includes(' /oidc/register')
    const mediaType = isForm ? 'application/x-www-form-urlencoded' : 'application/json'
    expect(Object.keys(content)).toEqual([mediaType])
    expect(Object.keys(content[mediaType]?.examples ?? {}).length).toBeGreaterThan(0)
  })

  test('promises a success and answers a stranger as it says', async () => {
    expect(Number(Object.keys(operation.responses)[0])).toBeLessThan(300)
    if (operation.security.length === 0 || isOfStandard(name)) return
    expect(failuresOf(name)).toContain('401 AUTHENTICATION_ERROR')
    const [method = '', path = ''] = name.split(' ')
    const response = await t.app.handle(new Request(`http://localhost${path}`, { method }))
    expect(response.status).toBe(401)
  })
})

describe('failures', () => {
  const always = ['431 HEADERS_TOO_LARGE', '500 INTERNAL_ERROR', '503 SERVICE_UNAVAILABLE']

  test('of a public route without input are those that can befall any', () => {
    expect(failuresOf('GET /api/health/live')).toEqual(always)
  })

  test('of a guarded route tell of the credential, the rights and the general limit', () => {
    expect(failuresOf('GET /api/v1/auth/me')).toEqual([
      '401 AUTHENTICATION_ERROR',
      '403 AUTHORIZATION_ERROR',
      '403 COMPLIANCE_REQUIRED',
      '429 RATE_LIMIT_EXCEEDED',
      ...always,
    ])
  })

  test('of a route with path, body and proof of presence tell of all three', () => {
    expect(failuresOf('DELETE /api/v1/organizations/{id}')).toEqual([
      '400 VALIDATION_ERROR',
      '400 BAD_REQUEST',
      '401 AUTHENTICATION_ERROR',
      '403 AUTHORIZATION_ERROR',
      '403 COMPLIANCE_REQUIRED',
      '403 STEP_UP_REQUIRED',
      '404 NOT_FOUND',
      '413 PAYLOAD_TOO_LARGE',
      '415 UNSUPPORTED_MEDIA_TYPE',
      '429 RATE_LIMIT_EXCEEDED',
      ...always,
    ])
  })

  test('of a route include those of its own', () => {
    expect(failuresOf('POST /api/v1/organizations')).toContain('409 CONFLICT')
    expect(failuresOf('PATCH /api/v1/organizations/{id}')).not.toContain('409 CONFLICT')
  })

  test('are shown as they travel, each with the status of its type', () => {
    for (const [type, example] of Object.entries(document.components.examples ?? {})) {
      expect(example).toMatchObject({
        value: { success: false, code: ERROR_STATUS[type as keyof typeof ERROR_STATUS], error: { type } },
      })
    }
  })
})

describe('in words', () => {
  test('who may call, and with which scope of an API key', () => {
    expect(get('GET /api/v1/organizations/{id}').description).toContain(
      'Members of the organization; with an API key the scope `organizations:read` is needed.',
    )
    expect(get('POST /api/v1/users/me/api-keys').description).toContain('not with an API key')
    expect(get('GET /api/v1/users/me/export').description).toContain('in the last ten minutes')
  })

  test('every scope that is named exists', () => {
    const named = JSON.stringify(document.paths).matchAll(/the scope `([^`]+)`/g)
    for (const [, scope] of named) expect(SCOPES as readonly string[]).toContain(scope ?? '')
  })

  test('how often', () => {
    expect(get('POST /api/v1/auth/register').description).toContain('At most 10 a minute and 50 an hour')
  })
})

/**
 * The typed client takes what a schema gives for what it takes, so a zod default would make every caller say what
 * may be left out: inputs are `.optional().meta({ default })`, and whoever reads them knows the default.
 */
test('no input has a default of zod’s', () => {
  for (const { method, path, hooks } of t.app.routes) {
    for (const schema of [hooks.body, hooks.query, hooks.params]) {
      if (!(schema instanceof z.ZodType)) continue
      const [given, taken] = (['input', 'output'] as const).map((io) =>
        requiredIn(z.toJSONSchema(schema, { io })),
      )
      expect([method, path, given]).toEqual([method, path, taken])
    }
  }
})

/** The names of all fields that must be there, wherever they are. */
const requiredIn = (schema: object): readonly string[] =>
  JSON.stringify(schema).match(/"required":\[[^\]]*\]/g) ?? []

test('a body that may be left out is not required', () => {
  expect(get('DELETE /api/v1/users/me').requestBody?.required).toBe(false)
  expect(get('POST /api/v1/auth/login').requestBody?.required).toBe(true)
})

test('an input shows what is checked, and what may be left out', () => {
  expect(get('POST /api/v1/organizations').requestBody?.content['application/json']?.schema).toMatchObject({
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string', minLength: 1, maxLength: 100 } },
  })
  expect(get('GET /api/v1/auth/sessions').parameters).toContainEqual({
    name: 'limit',
    in: 'query',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: 100, default: 50 },
  })
})
