import { Elysia } from 'elysia'
import { z } from 'zod'
import {
  Envelope,
  guard,
  type HttpDeps,
  type Membership,
  Nothing,
  PageQuery,
  PathId,
  success,
} from '../http/index.ts'
import { addDepartmentMember, listDepartmentMembers, removeDepartmentMember } from './department-members.ts'
import {
  createDepartment,
  type DepartmentKey,
  deleteDepartment,
  getDepartment,
  listDepartments,
  updateDepartment,
} from './departments.ts'
import { Department, DepartmentChange, Member, MemberReference, NewDepartment } from './schema.ts'
import { groupView, memberView } from './views.ts'

const DepartmentsPath = z.object({ id: PathId })
const DepartmentPath = z.object({ id: PathId, deptId: PathId })
const DepartmentMemberPath = z.object({ id: PathId, deptId: PathId, userId: PathId })
const DepartmentData = Envelope(z.object({ department: Department }))

/** Groups of members. */
export const departmentRoutes = (deps: HttpDeps) =>
  new Elysia({
    name: 'organizations/departments',
    prefix: '/api/v1/organizations/:id/departments',
    tags: ['Departments'],
  })
    .use(guard(deps))
    .get(
      '',
      async ({ origin, membership, query }) => {
        const input = { organizationId: membership.organizationId, query }
        const page = await deps.read(origin, (ctx) => listDepartments(ctx, input, deps.cursors))
        return success(origin, { departments: page.rows.map(groupView) }, { meta: page.meta })
      },
      {
        member: 'organizations:read',
        params: DepartmentsPath,
        query: PageQuery,
        response: { 200: Envelope(z.object({ departments: z.array(Department) })) },
        detail: { summary: 'List departments' },
      },
    )
    .post(
      '',
      async ({ origin, membership, body, status }) => {
        const row = await deps.write(origin, (ctx) => createDepartment(ctx, membership.organizationId, body))
        return status(201, success(origin, { department: groupView(row) }, { code: 201 }))
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT'],
        params: DepartmentsPath,
        body: NewDepartment,
        response: { 201: DepartmentData },
        detail: { summary: 'Create a department' },
      },
    )
    .get(
      '/:deptId',
      async ({ origin, membership, params }) => {
        const row = await deps.read(origin, (ctx) => getDepartment(ctx, keyOf(membership, params)))
        return success(origin, { department: groupView(row) })
      },
      {
        member: 'organizations:read',
        params: DepartmentPath,
        response: { 200: DepartmentData },
        detail: { summary: 'Get a department' },
      },
    )
    .patch(
      '/:deptId',
      async ({ origin, membership, params, body }) => {
        const row = await deps.write(
          origin,
          (ctx) => updateDepartment(ctx, keyOf(membership, params), body),
          { isSerializable: true },
        )
        return success(origin, { department: groupView(row) })
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT'],
        params: DepartmentPath,
        body: DepartmentChange,
        response: { 200: DepartmentData },
        detail: { summary: 'Change a department' },
      },
    )
    .delete(
      '/:deptId',
      async ({ origin, membership, params }) => {
        await deps.write(origin, (ctx) => deleteDepartment(ctx, keyOf(membership, params)), {
          isSerializable: true,
        })
        return success(origin, {}, { message: 'Department deleted.' })
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT'],
        params: DepartmentPath,
        response: { 200: Envelope(Nothing) },
        detail: {
          summary: 'Delete a department; its members stay in the organization',
          description:
            'CONFLICT while the access of clients names it: details.clients has the ids of ten of them at most.',
        },
      },
    )
    .get(
      '/:deptId/members',
      async ({ origin, membership, params, query }) => {
        const input = { key: keyOf(membership, params), query }
        const page = await deps.read(origin, (ctx) => listDepartmentMembers(ctx, input, deps.cursors))
        return success(origin, { members: page.rows.map(memberView) }, { meta: page.meta })
      },
      {
        member: 'organizations:read',
        params: DepartmentPath,
        query: PageQuery,
        response: { 200: Envelope(z.object({ members: z.array(Member) })) },
        detail: { summary: "List a department's members" },
      },
    )
    .post(
      '/:deptId/members',
      async ({ origin, membership, params, body, status }) => {
        const key = keyOf(membership, params)
        const row = await deps.write(origin, (ctx) => addDepartmentMember(ctx, key, body.user_id))
        return status(201, success(origin, { member: memberView(row) }, { code: 201 }))
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT'],
        params: DepartmentPath,
        body: MemberReference,
        response: { 201: Envelope(z.object({ member: Member })) },
        detail: { summary: 'Put a member into a department' },
      },
    )
    .delete(
      '/:deptId/members/:userId',
      async ({ origin, membership, params }) => {
        const key = keyOf(membership, params)
        await deps.write(origin, (ctx) => removeDepartmentMember(ctx, key, params.userId))
        return success(origin, {}, { message: 'Removed from the department.' })
      },
      {
        admin: 'organizations:write',
        params: DepartmentMemberPath,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Take a member out of a department' },
      },
    )

const keyOf = ({ organizationId }: Membership, { deptId }: { deptId: string }): DepartmentKey => ({
  organizationId,
  departmentId: deptId,
})
