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
import {
  addPrincipalDepartment,
  listPrincipalDepartments,
  removePrincipalDepartment,
} from './principal-departments.ts'
import { addPrincipalMember, listPrincipalMembers, removePrincipalMember } from './principal-members.ts'
import type { PrincipalKey } from './principals.ts'
import { Department, DepartmentReference, Member, MemberReference } from './schema.ts'
import { groupView, memberView } from './views.ts'

const PrincipalPath = z.object({ id: PathId, principalId: PathId })
const PrincipalMemberPath = PrincipalPath.extend({ userId: PathId })
const PrincipalDepartmentPath = PrincipalPath.extend({ deptId: PathId })

/** Who holds a principal: members directly, and everybody in the departments that carry it. */
export const principalHolderRoutes = (deps: HttpDeps) =>
  new Elysia({
    name: 'organizations/principal-holders',
    prefix: '/api/v1/organizations/:id/principals/:principalId',
    tags: ['Principals'],
  })
    .use(guard(deps))
    .get(
      '/members',
      async ({ origin, membership, params, query }) => {
        const input = { key: keyOf(membership, params), query }
        const page = await deps.read(origin, (ctx) => listPrincipalMembers(ctx, input, deps.cursors))
        return success(origin, { members: page.rows.map(memberView) }, { meta: page.meta })
      },
      {
        member: 'organizations:read',
        params: PrincipalPath,
        query: PageQuery,
        response: { 200: Envelope(z.object({ members: z.array(Member) })) },
        detail: { summary: 'List the members who hold a principal directly' },
      },
    )
    .post(
      '/members',
      async ({ origin, membership, params, body, status }) => {
        const key = keyOf(membership, params)
        const row = await deps.write(origin, (ctx) => addPrincipalMember(ctx, key, body.user_id))
        return status(201, success(origin, { member: memberView(row) }, { code: 201 }))
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT'],
        params: PrincipalPath,
        body: MemberReference,
        response: { 201: Envelope(z.object({ member: Member })) },
        detail: { summary: 'Give a principal to a member' },
      },
    )
    .delete(
      '/members/:userId',
      async ({ origin, membership, params }) => {
        const key = keyOf(membership, params)
        await deps.write(origin, (ctx) => removePrincipalMember(ctx, key, params.userId))
        return success(origin, {}, { message: 'Principal taken back.' })
      },
      {
        admin: 'organizations:write',
        params: PrincipalMemberPath,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Take a principal back from a member' },
      },
    )
    .get(
      '/departments',
      async ({ origin, membership, params, query }) => {
        const input = { key: keyOf(membership, params), query }
        const page = await deps.read(origin, (ctx) => listPrincipalDepartments(ctx, input, deps.cursors))
        return success(origin, { departments: page.rows.map(groupView) }, { meta: page.meta })
      },
      {
        member: 'organizations:read',
        params: PrincipalPath,
        query: PageQuery,
        response: { 200: Envelope(z.object({ departments: z.array(Department) })) },
        detail: { summary: 'List the departments that carry a principal' },
      },
    )
    .post(
      '/departments',
      async ({ origin, membership, params, body, status }) => {
        const key = keyOf(membership, params)
        const row = await deps.write(origin, (ctx) => addPrincipalDepartment(ctx, key, body.department_id))
        return status(201, success(origin, { department: groupView(row) }, { code: 201 }))
      },
      {
        admin: 'organizations:write',
        fails: ['CONFLICT'],
        params: PrincipalPath,
        body: DepartmentReference,
        response: { 201: Envelope(z.object({ department: Department })) },
        detail: { summary: 'Give a principal to everybody in a department' },
      },
    )
    .delete(
      '/departments/:deptId',
      async ({ origin, membership, params }) => {
        const key = keyOf(membership, params)
        await deps.write(origin, (ctx) => removePrincipalDepartment(ctx, key, params.deptId))
        return success(origin, {}, { message: 'Principal taken back.' })
      },
      {
        admin: 'organizations:write',
        params: PrincipalDepartmentPath,
        response: { 200: Envelope(Nothing) },
        detail: { summary: 'Take a principal back from a department' },
      },
    )

const keyOf = ({ organizationId }: Membership, { principalId }: { principalId: string }): PrincipalKey => ({
  organizationId,
  principalId,
})
