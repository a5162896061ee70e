import { writeSync } from 'node:fs'
import pino from 'pino'
import pretty from 'pino-pretty'
import type { Config } from '../config/index.ts'
import type { Log } from '../kernel/index.ts'

const STANDARD_OUTPUT = 1
const FLUSH_CHARACTERS = 32_768
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
  const lines = bufferedOutput(STANDARD_OUTPUT)
  const destination =
    options.format === 'pretty'
      ? pretty({ colorize: process.stdout.isTTY === true, ignore: 'pid,hostname', sync: true })
      : lines
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  )
  const { flush } = lines
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

/** Unlike pino's own destination it does not flush to the disk: a log line is not a promise to anyone. */
function bufferedOutput(descriptor: number) {
  let buffered = ''
  const flush = () => {
    let rest = Buffer.from(buffered)
    buffered = ''
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(descriptor, rest))
      } catch (error) {
        if ((error as { code?: string }).code !== 'EAGAIN') return // the reader is gone: nobody to tell
        Bun.sleepSync(1) // a full pipe: wait for whoever reads the log, rather than lose lines
      }
    }
  }
  return {
    write(line: string) {
      buffered += line
      if (buffered.length >= FLUSH_CHARACTERS) flush()
    },
    flush,
  }
}
