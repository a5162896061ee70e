import { isOwnResource } from '../clients/index.ts'
import type { Config } from '../config/index.ts'

/** What a person lets a client have: what it may do, and with tokens for whom. */
export interface Agreement {
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}

/** Of the resources of a request, those that people are shown: what this server itself is asked for, the scopes tell. */
export const resourcesToAgreeTo = (resources: readonly string[], config: Config): readonly string[] =>
  resources.filter((resource) => !isOwnResource(resource, config))

/** Whether somebody was shown all that is asked for, and nothing else. */
export const isShown = (asked: Agreement, shown: Agreement): boolean =>
  isSame(asked.scopes, shown.scopes) && isSame(asked.resources, shown.resources)

/** For the audit log, where most have none. */
export const resourceDetails = (resources: readonly string[]): { readonly resources?: readonly string[] } =>
  resources.length > 0 ? { resources } : {}

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === new Set(others).size && some.every((one) => others.includes(one))
