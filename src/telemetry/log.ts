import { writeSync } from 'node:fs'
import pino from 'pino'
import type { Config } from '../config/index.ts'
import { type Log, systemClock } from '../kernel/index.ts'

const STANDARD_OUTPUT = 1
const FLUSH_CHARACTERS = 32_768
const FLUSH_MILLISECONDS = 200
const BATCH_LINES = 128
/** pino's number for the level. */
const INFO = 30

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
  const isJson = options.format === 'json'
  const lines = bufferedOutput(STANDARD_OUTPUT)
  const destination = isJson ? lines : readableOutput()
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  )
  const later = batched(lines)
  const flush = () => {
    later.flush()
    lines.flush()
  }
  const timer = setInterval(flush, FLUSH_MILLISECONDS)
  timer.unref()
  return {
    debug: (event, fields) => logger.debug(fields, event),
    info(event, fields) {
      if (!isJson) logger.info(fields, event)
      else if (logger.isLevelEnabled('info')) later.add(event, fields)
    },
    warn(event, fields) {
      later.flush() // or it would stand before what it followed
      logger.warn(fields, event)
      flush()
    },
    error(event, fields) {
      later.flush()
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

function readableOutput() {
  // Loaded by those who read it, not at every start.
  const pretty: typeof import('pino-pretty') = require('pino-pretty')
  return pretty({
    colorize: process.stdout.isTTY === true,
    ignore: 'pid,hostname',
    singleLine: true,
    sync: true,
  })
}

/**
 * Makes the lines of ordinary events, of which there is one a request, many at a time and as pino does: done
 * within a request, it would cost several times as much, because its code is never in the processor's caches.
 */
function batched(lines: { write(line: string): void }) {
  let waiting: { at: Date; event: string; fields: Record<string, unknown> | undefined }[] = []
  const timeOf = instantWriter()
  const flush = () => {
    const batch = waiting
    waiting = []
    for (const { at, event, fields } of batch) lines.write(`${renderLine(timeOf(at), event, fields)}\n`)
  }
  return {
    add(event: string, fields: Record<string, unknown> | undefined) {
      waiting.push({ at: systemClock.now(), event, fields })
      if (waiting.length >= BATCH_LINES) flush()
    },
    flush,
  }
}

/** Instants as text. Lines of one millisecond share it: to write it out costs as much as the rest of a line. */
function instantWriter(): (at: Date) => string {
  let last = Number.NaN
  let text = ''
  return (at) => {
    if (at.getTime() === last) return text
    last = at.getTime()
    text = at.toISOString()
    return text
  }
}

function renderLine(time: string, event: string, fields: Record<string, unknown> | undefined): string {
  if (!(fields?.err instanceof Error)) return JSON.stringify({ level: INFO, time, ...fields, msg: event })
  return JSON.stringify({
    level: INFO,
    time,
    ...fields,
    err: pino.stdSerializers.err(fields.err),
    msg: event,
  })
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
