import { z } from 'zod'
import { displayText, Id, Instant } from '../http/index.ts'

export const FullName = displayText(200).meta({ examples: ['Bob Builder'] })
/** BCP 47, as far as a catalogue needs it. */
export const Locale = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'must be a language tag such as en or pt-BR')
  .meta({ examples: ['en'] })

export const User = z
  .object({
    id: Id,
    email: z.string(),
    email_verified: z.boolean(),
    full_name: z.string().nullable(),
    avatar_url: z.string().nullable(),
    locale: z.string().nullable(),
    status: z.enum(['active', 'suspended']),
    is_instance_admin: z.boolean(),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'User' })
export type User = z.infer<typeof User>
