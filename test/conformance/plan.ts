import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type * as oauth from 'oauth4webapi'
import type { ResponseType } from '../../src/protocol/oauth/index.ts'
import type { Browser } from '../authorization-server/browser.ts'
import type { Op } from './op.ts'

/** One run of a module: what it is run against, and what it found worth a warning. */
export interface Run {
  readonly op: Op
  /** The module's own: nobody is signed in in it. */
  readonly browser: Browser
  /** What the plan's variant says of all of its modules. */
  readonly responseMode: 'form_post' | undefined
  readonly responseType: ResponseType
  /** A condition whose failure is a warning only. */
  warn(condition: string, holds: boolean): void
}

export type Module = (run: Run) => Promise<void>

/** A module of a plan: what it does, or why it is not run here. */
export interface Entry {
  readonly run?: Module
  /** The conditions that are known to end in a warning, which is not in the way of a certification; each with why. */
  readonly warnings?: Readonly<Record<string, string>>
  readonly leftOut?: string
  /** What the suite itself leaves it out by, looked up in the discovery document. */
  readonly isLeftOutBy?: (as: oauth.AuthorizationServer) => boolean
}

export const tested = (run: Module): Entry => ({ run })

export const withWarnings = (run: Module, warnings: Readonly<Record<string, string>>): Entry => ({
  run,
  warnings,
})

/** The suite skips it because of what the discovery document says. */
export const leftOutBy = (
  leftOut: string,
  isLeftOutBy: (as: oauth.AuthorizationServer) => boolean,
): Entry => ({
  leftOut,
  isLeftOutBy,
})

/** It belongs to another variant of the plan than the one that is run. */
export const leftOut = (reason: string): Entry => ({ leftOut: reason })

export interface PlanOptions<Place> {
  readonly start: () => Promise<{ readonly op: Op; readonly place: Place }>
  readonly responseMode?: 'form_post'
  /** `code` unless the variant says otherwise. */
  readonly responseType?: ResponseType
  /** Every module of the plan by its name, whole. */
  readonly modules: (place: () => Place) => Readonly<Record<string, Entry>>
}

/** Runs a plan: a test for each module, named as the module. */
export function runPlan<Place>(
  name: string,
  { start, responseMode, responseType = 'code', modules }: PlanOptions<Place>,
): void {
  describe(name, () => {
    let started: Awaited<ReturnType<typeof start>>
    beforeAll(async () => {
      started = await start()
    })
    afterAll(() => started.op[Symbol.asyncDispose]())

    for (const [module, entry] of Object.entries(modules(() => started.place))) {
      const { run, warnings = {}, isLeftOutBy } = entry
      if (run) {
        test(module, async () => {
          const found = new Set<string>()
          await run({
            op: started.op,
            browser: started.op.browser(),
            responseMode,
            responseType,
            warn: (condition, holds) => holds || found.add(condition),
          })
          expect([...found].sort()).toEqual(Object.keys(warnings).sort())
        })
      } else if (isLeftOutBy) {
        test(`${module} is left out: ${entry.leftOut}`, () => {
          expect(isLeftOutBy(started.op.as)).toBe(true)
        })
      }
    }
  })
}
