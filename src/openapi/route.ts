import type { AnyElysia } from 'elysia'
import { z } from 'zod'
import type { RateLimitName } from '../config/index.ts'
import type { StandardOperation } from '../http/index.ts'
import type { ErrorType } from '../kernel/index.ts'

/** A mounted route, as far as the documents tell of it. */
export interface Route {
  readonly method: string
  /** As Elysia has it: `/api/v1/organizations/:id`. */
  readonly path: string
  readonly hooks: {
    readonly detail: RouteDetail
    readonly params: z.ZodType | undefined
    readonly query: z.ZodType | undefined
    readonly body: z.ZodType | undefined
    /** By status. */
    readonly response: Readonly<Record<string, z.ZodType>>
  }
  /** Of an endpoint of another standard: what it says in place of schemas. */
  readonly standard: StandardOperation | undefined
}

/** What a route says of itself, and what the guards stamped on it. */
interface RouteDetail {
  readonly summary?: string
  readonly description?: string
  readonly operationId?: string
  readonly tags?: readonly string[]
  readonly security?: readonly object[]
  /** Not to be shown. */
  readonly hide?: boolean
  /** What answers are instead of plain text, or can be beside JSON: media types, by status. */
  readonly responses?: Readonly<Record<string, { readonly description?: string; readonly content?: object }>>
  /** `member`, or with the scope that an API key needs: `member:organizations:read`. */
  readonly 'x-guard'?: string
  readonly 'x-step-up'?: boolean
  readonly 'x-rate-limit'?: RateLimitName
  readonly 'x-errors'?: readonly ErrorType[]
  readonly 'x-standard'?: () => StandardOperation
}

export type MountedRoutes = AnyElysia['routes']

/** The routes of an app that are to be shown, in the order in which they are mounted. */
export function describedRoutes(mounted: MountedRoutes): readonly Route[] {
  return mounted
    .filter(({ hooks }) => !hooks.detail?.hide)
    .map(({ method, path, hooks }) => ({
      method,
      path,
      hooks: {
        detail: (hooks.detail ?? {}) as RouteDetail,
        params: schemaOrNone(hooks.params),
        query: schemaOrNone(hooks.query),
        body: schemaOrNone(hooks.body),
        response: (hooks.response ?? {}) as Readonly<Record<string, z.ZodType>>,
      },
      standard: (hooks.detail as RouteDetail | undefined)?.['x-standard']?.(),
    }))
}

const schemaOrNone = (schema: unknown): z.ZodType | undefined =>
  schema instanceof z.ZodType ? schema : undefined

/** The names of the parameters in a path. */
export const pathParameters = (path: string): readonly string[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
