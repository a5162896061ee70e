import type { Config } from './config.ts'

/** Where a server with this configuration answers on its own machine, whatever addresses it listens on. */
export function localUrl({ host, tls }: Pick<Config, 'host' | 'tls'>, port: number): string {
  return `${tls ? 'https' : 'http'}://${nameOf(host)}:${port}`
}

function nameOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
