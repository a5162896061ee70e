import { afterAll, beforeAll, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDotenv } from '../../../src/config/dotenv.ts'
import { freePort } from '../../support/programs.ts'
import { followGuide, type Guide } from './guide.ts'
import { type RunningExample, runExample } from './program.ts'

const TIMEOUT_MS = 120_000
const port = freePort()
const application = `http://localhost:${port}`

/** What Next.js does with the route. */
const SERVE = `import { GET, POST } from './route.ts'
Bun.serve({ hostname: '127.0.0.1', port: ${port}, routes: { '/': new Response('Home'), '/api/auth/*': { GET, POST } } })
console.log('Ready')
`

let guide: Guide
let next: RunningExample
beforeAll(async () => {
  guide = await followGuide('docs/connect/nextjs.md', { replacing: { 3000: port } })
  await writeFile(join(guide.folder, 'serve.ts'), SERVE)
  const env = Object.fromEntries(parseDotenv(await guide.read('env.local')).values)
  next = runExample(guide, 'serve.ts', { env })
  await next.says(/^Ready$/m)
}, TIMEOUT_MS)
afterAll(async () => {
  await next?.[Symbol.asyncDispose]()
  await guide?.[Symbol.asyncDispose]()
})

test('Auth.js signs Bob in as the guide sets it up, and its session has his roles', async () => {
  const bob = guide.bob(application)
  const start = await bob.open(`${application}/api/auth/signin`)
  const home = await bob.goOn(await bob.submit(start, { callbackUrl: `${application}/` }))
  expect([home.url.href, home.text]).toEqual([`${application}/`, 'Home'])
  const session = await bob.open(`${application}/api/auth/session`)
  expect(JSON.parse(session.text)).toMatchObject({
    user: { name: 'Bob Builder', email: 'bob@acme-corp.com', id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    roles: ['acme-corp:member'],
  })
})

test('an answer that another browser asked for signs nobody in', async () => {
  const bob = guide.bob(application)
  const answer = await bob.open(`${application}/api/auth/callback/authy2?code=a2x_1&state=2`)
  expect(answer.url.searchParams.get('error')).toBe('Configuration')
  expect((await bob.open(`${application}/api/auth/session`)).text).toBe('null')
})
