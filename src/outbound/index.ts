/**
 * Requests that this server makes to addresses that somebody else chose: clients' keys and metadata documents,
 * logout notices, webhooks. None of them can be turned against the network that the server stands in.
 * Invariants: a name is resolved once and only addresses that were checked are connected to; public addresses
 * and those of OUTBOUND_ALLOW, no others; no redirect is followed; time and size are bounded.
 */
export { createOutbound, type Outbound, type OutboundRequest, type OutboundResponse } from './outbound.ts'
export { OutboundError, type OutboundFailure } from './outbound-error.ts'
