export interface ProtectedResource {
  /** Its identifier: what tokens for it name as audience, without fragment. RFC 9728 §1.2 */
  readonly resource: string
  readonly name: string
  readonly authorizationServers: readonly string[]
  readonly scopes: readonly string[]
  readonly dpopAlgorithms: readonly string[]
  readonly documentation?: string
}

/** RFC 9728 §2 */
export const protectedResourceMetadata = (resource: ProtectedResource) => ({
  resource: resource.resource,
  resource_name: resource.name,
  authorization_servers: resource.authorizationServers,
  scopes_supported: resource.scopes,
  bearer_methods_supported: ['header'],
  dpop_signing_alg_values_supported: resource.dpopAlgorithms,
  ...(resource.documentation === undefined ? {} : { resource_documentation: resource.documentation }),
})
