import type { Columns } from '../columns.postgres.ts'
import type { OrganizationTables } from './organizations.ts'

/** Departments and principals: groups of members, and the names they may carry inside a certificate. */
export const defineDepartmentTables = (c: Columns, ref: OrganizationTables) => {
  const organizationId = () =>
    c
      .text('organization_id')
      .notNull()
      .references(() => ref.organization.id, { onDelete: 'cascade' })
  const department = c.table(
    'departments',
    {
      id: c.text('id').primaryKey(),
      organizationId: organizationId(),
      name: c.text('name').notNull(),
      nameNormalized: c.text('name_normalized').notNull(), // NFC, trimmed, lower case
      description: c.text('description'),
      createdAt: c.instant('created_at').notNull(),
      updatedAt: c.instant('updated_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('departments_organization_name').on(t.organizationId, t.nameNormalized),
      c.index('departments_organization_id').on(t.organizationId, t.id),
    ],
  )
  const principal = c.table(
    'principals',
    {
      id: c.text('id').primaryKey(),
      organizationId: organizationId(),
      name: c.text('name').notNull(),
      description: c.text('description'),
      createdAt: c.instant('created_at').notNull(),
      updatedAt: c.instant('updated_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('principals_organization_name').on(t.organizationId, t.name),
      c.index('principals_organization_id').on(t.organizationId, t.id),
    ],
  )
  const departmentId = () =>
    c
      .text('department_id')
      .notNull()
      .references(() => department.id, { onDelete: 'cascade' })
  const principalId = () =>
    c
      .text('principal_id')
      .notNull()
      .references(() => principal.id, { onDelete: 'cascade' })
  return {
    department,
    principal,
    /** Who is removed from the organization leaves its departments by the same foreign key. */
    departmentMember: c.table(
      'department_members',
      {
        departmentId: departmentId(),
        organizationId: c.text('organization_id').notNull(),
        userId: c.text('user_id').notNull(),
        createdAt: c.instant('created_at').notNull(),
      },
      (t) => [
        c.primaryKey({ columns: [t.departmentId, t.userId] }),
        c.index('department_members_member').on(t.organizationId, t.userId),
        c
          .foreignKey({
            name: 'department_members_member_fk',
            columns: [t.organizationId, t.userId],
            foreignColumns: [ref.member.organizationId, ref.member.userId],
          })
          .onDelete('cascade'),
      ],
    ),
    principalMember: c.table(
      'principal_members',
      {
        principalId: principalId(),
        organizationId: c.text('organization_id').notNull(),
        userId: c.text('user_id').notNull(),
        createdAt: c.instant('created_at').notNull(),
      },
      (t) => [
        c.primaryKey({ columns: [t.principalId, t.userId] }),
        c.index('principal_members_member').on(t.organizationId, t.userId),
        c
          .foreignKey({
            name: 'principal_members_member_fk',
            columns: [t.organizationId, t.userId],
            foreignColumns: [ref.member.organizationId, ref.member.userId],
          })
          .onDelete('cascade'),
      ],
    ),
    principalDepartment: c.table(
      'principal_departments',
      {
        principalId: principalId(),
        departmentId: departmentId(),
        createdAt: c.instant('created_at').notNull(),
      },
      (t) => [
        c.primaryKey({ columns: [t.principalId, t.departmentId] }),
        c.index('principal_departments_department_id').on(t.departmentId),
      ],
    ),
  }
}
