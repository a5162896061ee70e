import type { z } from 'zod'
import { validationError } from '../kernel/index.ts'
import type { Fields } from './form-fields.ts'

/** An attestation with three certificates has a tenth of it. */
const MAX_LENGTH = 100_000

/** What an authenticator has made or signed, as the script of the pages sends it. Throws VALIDATION_ERROR. */
export function parseCredential<Schema extends z.ZodType>(schema: Schema, form: Fields): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(form.text('credential', MAX_LENGTH)))
  if (!parsed.success) throw validationError({ credential: ['is not what an authenticator gives'] })
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
