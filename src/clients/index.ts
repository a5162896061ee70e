/**
 * Applications: what is registered of each, its secrets and keys, who may sign in to it.
 * Routes: /organizations/:id/clients, /organizations/:id/initial-access-tokens.
 * Invariants: a secret is shown once and stored as a keyed digest (sealed, where the client signs with it); at most
 * two are valid; a resource is of one organization, whose clients alone get tokens for it by listing it; what clients
 * publish about themselves is fetched through outbound only.
 */
export { isAdmitted, needsConsent, type Standing } from './admission.ts'
export {
  removeExpiredInitialAccessTokens,
  removeExpiredSecrets,
  removeUnusedDescribedClients,
} from './clean-up.ts'
export { type ClientCreation, type ClientKey, createClient } from './client.ts'
export { findStoredClient } from './find-client.ts'
export {
  createInitialAccessToken,
  deleteRegisteredClient,
  getRegisteredClient,
  type RegistrationAccess,
  type RegistrationOutcome,
  registerClient,
  requireInitialAccess,
  updateRegisteredClient,
} from './registration.ts'
export { type ClientRegistry, createClientRegistry } from './registry.ts'
export { apiResource, findResourceOwners, heldAudiences, isOwnResource } from './resources.ts'
export { type ClientRouteDeps, clients } from './routes.ts'
export { Client, ClientSecret, NewClient, type StoredClient } from './schema.ts'
export { storeDocumentClient } from './store-document-client.ts'
export { mayUseGrant } from './vouching.ts'
