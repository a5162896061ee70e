import { rm } from 'node:fs/promises'
import { RedisClient } from 'bun'
import { freePort, type Program, programFolder, startProgram } from '../support/programs.ts'
import { findRedis } from '../support/redis.ts'

const PASSWORD = 'cluster-password'
/** The 16,384 slots in two halves, so that keys live on both nodes. */
const HALVES = [
  ['0', '8191'],
  ['8192', '16383'],
] as const

/** A cluster of two nodes without replicas, with a password, that can be stopped and started again. */
export async function startCluster() {
  const nodes = HALVES.map((slots) => ({ slots, folder: programFolder('redis-node'), busPort: freePort() }))
  const launch = (ports: readonly (number | undefined)[]): Promise<Program[]> =>
    Promise.all(
      nodes.map(({ folder, busPort }, index) => {
        const port = ports[index]
        return startProgram({
          folder,
          command: (port) => [
            ...[findRedis() ?? 'redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', ''],
            ...['--requirepass', PASSWORD, '--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
          ],
          ready: /ready to accept connections/i,
          stopSignal: 'SIGTERM',
          ...(port === undefined ? {} : { port }),
        })
      }),
    )
  let running = await launch([])
  const ports = running.map((node) => node.port)
  const urls = ports.map((port) => `redis://:${PASSWORD}@127.0.0.1:${port}`)
  const [first = ''] = urls
  for (const [index, { slots }] of nodes.entries()) {
    await command(urls[index] ?? first, 'CLUSTER', 'ADDSLOTSRANGE', ...slots)
    await command(first, 'CLUSTER', 'MEET', '127.0.0.1', `${ports[index]}`, `${nodes[index]?.busPort}`)
  }
  await Promise.all(urls.map(whole))

  const stop = async () => {
    await Promise.all(running.map((node) => node.stop()))
  }
  return {
    urls,
    stop,
    async start() {
      running = await launch(ports)
      await Promise.all(urls.map(whole))
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await Promise.all(nodes.map(({ folder }) => rm(folder, { recursive: true })))
    },
  }
}

/** Waits until the node knows the whole cluster. */
async function whole(url: string): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const info = String(await command(url, 'CLUSTER', 'INFO'))
    if (info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:2')) return
    await Bun.sleep(50)
  }
  throw new Error('the cluster did not form within 20 s')
}

async function command(url: string, name: string, ...words: string[]): Promise<unknown> {
  const client = new RedisClient(url)
  try {
    return await client.send(name, words)
  } finally {
    client.close()
  }
}
