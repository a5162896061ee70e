import { z } from 'zod'

const Check = z.enum(['up', 'down', 'off'])
export type Check = z.infer<typeof Check>

export const Health = z
  .object({
    status: z
      .enum(['ok', 'degraded', 'down'])
      .describe('`degraded`: everyone is served, but something beside the database is away'),
    version: z.string(),
    uptime_seconds: z.int(),
    checks: z.object({
      database: Check,
      cache: Check.describe('Redis, or this process where none is configured'),
      mail: Check.describe(
        '`down`: the last mail could not be delivered; `off`: no mail server is configured',
      ),
    }),
  })
  .meta({ id: 'Health' })
export type Health = z.infer<typeof Health>

export const Live = z.object({ status: z.literal('live') })
export const Ready = z.object({ status: z.literal('ready') })
