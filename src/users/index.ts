/**
 * People: their rows, and how an address is compared. Routes are in profile (oneself) and admin (everyone).
 * Invariants: an address belongs to one user; the first user of an instance, and only that one, is made its
 * administrator without being asked for.
 */
export { emailDomain, type NormalizedEmail, normalizeEmail } from './email.ts'
export { FullName, Locale, User } from './schema.ts'
export {
  createUser,
  deleteUser,
  findUser,
  findUserByEmail,
  getUser,
  markEmailVerified,
  type NewUser,
  type UserChange,
  updateUser,
} from './store.ts'
export { userView } from './views.ts'
