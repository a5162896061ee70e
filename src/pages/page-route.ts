import type { InteractionDeps } from '../authorization-server/index.ts'
import type { RateLimitName } from '../config/index.ts'
import type { AppError } from '../kernel/index.ts'
import type { Answer } from './answer.ts'
import type { Visit } from './visit.ts'

/** What the routes of the pages are closed over. */
export type PageDeps = InteractionDeps

/** A page, or what one of its forms does. An entry of a table, so that none can forget a shared step; see serve.ts. */
export interface PageRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Counted for the client's address. */
  readonly limit: RateLimitName
  readonly summary: string
  handle(visit: Visit): Promise<Answer>
  /**
   * The form again, saying what was wrong, with all that was entered but passwords. Undefined for a failure that it
   * has no words for: that is shown on a page of its own.
   */
  again?(visit: Visit, error: AppError): Promise<Answer | undefined>
}
