import pino from 'pino'
import pretty from 'pino-pretty'
import type { Config } from '../config/index.ts'
import type { Log } from '../kernel/index.ts'

const FLUSH_BYTES = 8_192
const FLUSH_MILLISECONDS = 200

export interface Logger extends Log, Disposable {
  /** Writes what is buffered, now: before an exit. */
  flush(): void
}

/**
 * One JSON line (or one readable line in development) an event, on standard output. Lines are buffered for
 * up to 200 ms, because a write for each would cost more than the request it tells of; warnings and errors
 * are written at once.
 */
export function createLogger(options: Config['log']): Logger {
  const destination =
    options.format === 'pretty'
      ? pretty({ colorize: process.stdout.isTTY === true, ignore: 'pid,hostname', sync: true })
      : pino.destination({ fd: 1, sync: true, minLength: FLUSH_BYTES })
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  )
  const flush = () => {
    if ('flushSync' in destination) destination.flushSync()
  }
  const timer = setInterval(flush, FLUSH_MILLISECONDS)
  timer.unref()
  return {
    debug: (event, fields) => logger.debug(fields, event),
    info: (event, fields) => logger.info(fields, event),
    warn(event, fields) {
      logger.warn(fields, event)
      flush()
    },
    error(event, fields) {
      logger.error(fields, event)
      flush()
    },
    flush,
    [Symbol.dispose]() {
      clearInterval(timer)
      flush()
    },
  }
}
