import { describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { BOB, binaryPlace, hasBinary } from './place.ts'

const BODY = JSON.stringify(BOB)

/** A sign-in that has sent its head and the first half of its body. */
async function halfSent(port: number) {
  const socket = connect(port, '127.0.0.1')
  const answer = Promise.withResolvers<string>()
  let received = ''
  socket.on('data', (bytes) => {
    received += bytes
  })
  socket.on('error', () => {})
  socket.on('close', () => answer.resolve(received))
  await new Promise((resolve) => socket.once('connect', resolve))
  const head = ['POST /api/v1/auth/login HTTP/1.1', 'Host: localhost', 'Content-Type: application/json']
  socket.write(`${[...head, `Content-Length: ${BODY.length}`].join('\r\n')}\r\n\r\n${BODY.slice(0, 20)}`)
  return { finish: () => socket.write(BODY.slice(20)), answer: answer.promise }
}

describe.skipIf(!hasBinary)('the compiled program that is told to stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: finishes what is in flight, takes nothing new, and ends with status 0',
    async (signal) => {
      await using place = binaryPlace()
      await place.run(['seed'])
      await using server = await place.start()
      const slow = await halfSent(server.port)
      await Bun.sleep(100)
      server.signal(signal)
      while (!server.log().includes('server.draining')) await Bun.sleep(10)
      expect(fetch(`${server.url}/api/health/live`)).rejects.toThrow()
      slow.finish()
      expect(await slow.answer).toStartWith('HTTP/1.1 200')
      expect(await server.exited).toBe(0)
      const events = server
        .log()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).msg)
      expect(events.at(-1)).toBe('server.stopped')
      expect(events).toContain('request')
    },
  )

  test('ends at once when it is told twice', async () => {
    await using place = binaryPlace()
    await using server = await place.start()
    const stuck = await halfSent(server.port)
    await Bun.sleep(100)
    server.signal('SIGTERM')
    while (!server.log().includes('server.draining')) await Bun.sleep(10)
    server.signal('SIGTERM')
    expect(await server.exited).toBe(143)
    expect(await stuck.answer).toBe('')
  })
})
