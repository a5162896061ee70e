import { z } from 'zod'
import { ERROR_STATUS, type ErrorType } from '../kernel/index.ts'
import { withCompiledCheck } from './compiled-check.ts'
import type { RequestOrigin } from './request-state.ts'

const VERSION = '1.0'

export const PageMeta = z.object({
  limit: z.int().describe('How many rows were asked for'),
  next_cursor: z.string().nullable().describe('Give it as `cursor` for the next page; null on the last one'),
  total: z.int().optional(),
})
export const Meta = z.object({ page: PageMeta.optional() })
export type Meta = z.infer<typeof Meta>

/** What a successful answer looks like on the wire: `response: { 200: Envelope(Data) }`. */
export const Envelope = <Data extends z.ZodType>(data: Data) =>
  withCompiledCheck(
    z.object({
      version: z.literal(VERSION),
      success: z.literal(true),
      code: z.int(),
      message: z.string(),
      request_id: z.string(),
      data,
      meta: Meta,
    }),
  )

export const Failure = z.object({
  version: z.literal(VERSION),
  success: z.literal(false),
  code: z.int(),
  message: z.string().describe('What went wrong and what to do next, for a person'),
  request_id: z.string(),
  error: z.object({
    type: z.enum(Object.keys(ERROR_STATUS) as [ErrorType, ...ErrorType[]]),
    details: z.record(z.string(), z.unknown()),
  }),
})
export type Failure = z.infer<typeof Failure>

export interface Success<Data> {
  version: typeof VERSION
  success: true
  code: number
  message: string
  request_id: string
  data: Data
  meta: Meta
}

/** The envelope around `data`. `code` must be the status that the route answers with. */
export const success = <Data>(
  origin: RequestOrigin,
  data: Data,
  { code = 200, message = 'OK', meta = {} }: { code?: number; message?: string; meta?: Meta } = {},
): Success<Data> => ({
  version: VERSION,
  success: true,
  code,
  message,
  request_id: origin.request.id,
  data,
  meta,
})

export const failure = (
  requestId: string,
  error: { type: ErrorType; status: number; message: string; details: Readonly<Record<string, unknown>> },
): Failure => ({
  version: VERSION,
  success: false,
  code: error.status,
  message: error.message,
  request_id: requestId,
  error: { type: error.type, details: error.details },
})
