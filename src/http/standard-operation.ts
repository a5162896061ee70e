import type { z } from 'zod'

/**
 * What an endpoint of another standard takes and gives, for the documents alone. It parses its own input by the rules
 * of that standard and answers in its form, so nothing here is checked, and no schema of it exists before a document
 * is asked for.
 */
export interface StandardOperation {
  readonly description?: string
  /** Security Requirement Objects, any of which will do; an empty one: without. OpenAPI 3.1.0 §4.8.30 */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  /** Objects, of which each member is a parameter. */
  readonly query?: z.ZodType
  readonly headers?: z.ZodType
  readonly path?: z.ZodType
  /** By media type. Examples are those of the schemas. */
  readonly body?: Readonly<Record<string, z.ZodType>>
  /** By status: what is no failure. */
  readonly answers: Readonly<Record<number, StandardAnswer>>
  /** By status, beside those that can befall any endpoint. */
  readonly failures: Readonly<Record<number, StandardFailure>>
  /** Whom the limit counts, where that is not an address. */
  readonly limitedBy?: 'client' | 'access token'
}

export interface StandardAnswer {
  readonly description: string
  /** By media type; none where there is no body. */
  readonly content?: Readonly<Record<string, z.ZodType>>
  readonly headers?: readonly string[]
}

export interface StandardFailure {
  /** Each with what it means here. */
  readonly codes: Readonly<Record<string, string>>
  /** Told on a page, too, unless JSON is asked for. */
  readonly isPage?: boolean
  /** Also an empty object: what a request without any credentials gets. RFC 6750 §3.1 */
  readonly mayBeEmpty?: boolean
  readonly headers?: readonly string[]
}

/** What a route of a standard says of itself. */
export const ofStandard = (summary: string, describe: () => StandardOperation) => ({
  summary,
  'x-standard': describe,
})
