import { conflict } from '../kernel/index.ts'

/**
 * How much there may be of a thing: far above what a team needs, low enough that nobody fills the database.
 * Counted before the insert, so requests at the same moment may pass a limit by as many as they are.
 */
export const LIMITS = {
  organizationsOwned: 100,
  invites: 1_000,
  inviteDepartments: 20,
  departments: 200,
  principals: 500,
} as const

/** Throws CONFLICT when there are as many as there may be. `what` completes “There are already 200 …”. */
export function requireRoom(count: number, limit: number, what: string): void {
  if (count >= limit) throw conflict(`There are already ${limit} ${what}; there cannot be more.`, { limit })
}
