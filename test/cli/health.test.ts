import { expect, test } from 'bun:test'
import { freePort } from '../support/programs.ts'
import { commandLine } from './command.ts'

const answering = (status: number, port = 0) =>
  Bun.serve({
    hostname: '127.0.0.1',
    port,
    fetch: (request) =>
      new Response('', { status: new URL(request.url).pathname === '/api/health/live' ? status : 404 }),
  })

test('a server that answers is up', async () => {
  await using server = answering(200)
  await using authy2 = commandLine({ PORT: String(server.port), HOST: '0.0.0.0' })
  expect(await authy2.run(['health'])).toEqual({ status: 0, output: 'up', notes: '' })
})

test('the port may be given', async () => {
  await using server = answering(200)
  await using authy2 = commandLine({ HOST: '127.0.0.1' })
  expect((await authy2.run(['health', '--port', String(server.port)])).status).toBe(0)
})

test('one that answers something else, or not at all, is not up', async () => {
  await using server = answering(503)
  await using authy2 = commandLine({ PORT: String(server.port), HOST: '127.0.0.1' })
  const sick = await authy2.run(['health'])
  expect(sick.status).toBe(1)
  expect(sick.notes).toContain('answers 503')

  const nobody = await authy2.run(['health', '--port', String(freePort())])
  expect(nobody.status).toBe(1)
  expect(nobody.notes).toContain('does not answer')
})
