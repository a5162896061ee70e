/**
 * One switch over everything that a user holds: whoever suspends or deletes somebody orders it here, above all
 * capabilities that give access, so that it happens in one transaction and none can be forgotten.
 * Invariants: access that has ended is refused at its next use by every process; an instance always has an
 * active administrator.
 */
export { deleteUserEntirely } from './delete-user.ts'
export { type EndReason, endUserAccess } from './end-user-access.ts'
export { requireOtherInstanceAdmin } from './instance-admin.ts'
