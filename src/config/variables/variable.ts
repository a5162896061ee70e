import type { Format } from '../formats.ts'

/**
 * Everything there is to know about one variable. Parsing, redaction, `.env.example` and the reference
 * are all derived from it, so that none of them can disagree with another.
 */
export type Variable = {
  readonly format: Format<unknown>
  /** In the same form as the variable; absent when the variable may stay unset. */
  readonly default?: string | DerivedDefault
  /** What happens while it is unset and has no default. */
  readonly unset?: string
  readonly description: string
  /** Shown in `.env.example` where the default is not telling. Refused in production where it is a secret. */
  readonly example?: string
  /**
   * How the value is shown to people: `whole` not at all, `url` without its password, `urls` the same for a
   * list. Each of these may also be given as `<NAME>_FILE`, the path of a file that holds it.
   */
  readonly secret?: 'whole' | 'url' | 'urls'
}

/** A default that depends on variables defined before it. */
export type DerivedDefault = {
  readonly text: string
  readonly from: (known: KnownBefore) => string
}

export type KnownBefore = {
  readonly NODE_ENV: 'development' | 'test' | 'production'
  readonly PORT: number
  readonly TLS_CERT_FILE: string | undefined
  readonly PUBLIC_URL: string
  readonly DATA_DIR: string
}
