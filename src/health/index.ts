/**
 * How the process is doing, for load balancers, orchestrators and Prometheus.
 * Routes: /api/health, /api/health/live, /api/health/ready, /metrics.
 * Invariants: no number of callers costs the database more than one; an answer comes within about two seconds.
 */
export type { HealthDeps } from './checks.ts'
export { Lifecycle } from './lifecycle.ts'
export { health } from './routes.ts'
