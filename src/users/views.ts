import type { Row } from '../db/index.ts'
import { instant } from '../http/index.ts'
import type { User } from './schema.ts'

export const userView = (row: Row<'user'>): User => ({
  id: row.id,
  email: row.email,
  email_verified: row.emailVerifiedAt !== null,
  full_name: row.fullName,
  avatar_url: row.avatarUrl,
  locale: row.locale,
  status: row.status,
  is_instance_admin: row.isInstanceAdmin,
  created_at: instant(row.createdAt),
  updated_at: instant(row.updatedAt),
})
