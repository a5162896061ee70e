// By their own paths: the package's front door also loads clustering and OpenTelemetry, a tenth of the start.
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import Histogram from 'prom-client/lib/histogram.js'
import Registry from 'prom-client/lib/registry.js'
import { addProcessMetrics } from './process-metrics.ts'

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const JOB_SECONDS = [0.01, 0.1, 1, 10, 60, 600, 3_600]

/** Everything that `/metrics` shows, in Prometheus' text format. One registry a process. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Histogram({
    name: 'authy2_http_request_duration_seconds',
    help: 'Time to answer, by method, route template and status',
    labelNames: ['method', 'route', 'status'],
    buckets: LATENCY_SECONDS,
    registers,
    collect: () => observations.flush(),
  })
  const observations = batchedObservations()
  let isCollecting = false
  const children = new Map<string, { observe(seconds: number): void }>()
  return {
    registry,
    /** Resolved labels are kept: looking them up by object costs more than the observation. */
    observeRequest(method: string, route: string, status: number, seconds: number): void {
      const key = `${method} ${route} ${status}`
      let child = children.get(key)
      if (!child) {
        child = requests.labels(method, route, String(status))
        children.set(key, child)
      }
      observations.add(child, seconds)
    },
    signIns: new Counter({
      name: 'authy2_sign_ins_total',
      help: 'Attempts to sign in, by method and outcome',
      labelNames: ['method', 'outcome'],
      registers,
    }),
    sessionsCreated: new Counter({
      name: 'authy2_sessions_created_total',
      help: 'Sessions begun',
      registers,
    }),
    activeSessions: new Gauge({
      name: 'authy2_active_sessions',
      help: 'Sessions that have not reached their end, counted at most every 15 seconds',
      registers,
    }),
    hashWaiting: new Gauge({
      name: 'authy2_password_hash_queue_depth',
      help: 'Password hashes that wait for a processor',
      registers,
    }),
    hashRunning: new Gauge({
      name: 'authy2_password_hash_running',
      help: 'Password hashes being computed',
      registers,
    }),
    pwnedChecks: new Counter({
      name: 'authy2_pwned_password_checks_total',
      help: 'Look-ups in Have I Been Pwned, by outcome; unavailable ones let the password pass',
      labelNames: ['outcome'],
      registers,
    }),
    tokensIssued: new Counter({
      name: 'authy2_tokens_issued_total',
      help: 'Times that tokens were issued, by grant type',
      labelNames: ['grant_type'],
      registers,
    }),
    oauthRefusals: new Counter({
      name: 'authy2_oauth_refusals_total',
      help: 'Requests refused where applications call by themselves, by OAuth error code',
      labelNames: ['error'],
      registers,
    }),
    rateLimited: new Counter({
      name: 'authy2_rate_limited_total',
      help: 'Requests refused, by limit',
      labelNames: ['limit'],
      registers,
    }),
    outboxDepth: new Gauge({
      name: 'authy2_outbox_messages',
      help: 'Messages in the outbox, by status',
      labelNames: ['status'],
      registers,
    }),
    outboxDelivered: new Counter({
      name: 'authy2_outbox_deliveries_total',
      help: 'Attempts to deliver, by kind and outcome',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    jobRuns: new Counter({
      name: 'authy2_job_runs_total',
      help: 'Runs of jobs that this process began, by job and outcome',
      labelNames: ['job', 'outcome'],
      registers,
    }),
    jobSeconds: new Histogram({
      name: 'authy2_job_duration_seconds',
      help: 'Time that runs of jobs took, by job',
      labelNames: ['job'],
      buckets: JOB_SECONDS,
      registers,
    }),
    jobLag: new Gauge({
      name: 'authy2_job_lag_seconds',
      help: 'How long ago a job should have begun to run, by job; 0 for one that is in time',
      labelNames: ['job'],
      registers,
    }),
    databasePing: new Gauge({
      name: 'authy2_database_ping_seconds',
      help: 'Time of the cheapest query at the last health check',
      registers,
    }),
    /**
     * Process, memory and event-loop figures, from the first call on: a process that is never scraped does
     * without what they cost.
     */
    collectProcess(): void {
      if (isCollecting) return
      isCollecting = true
      addProcessMetrics(registry)
    },
  }
}

export type Metrics = ReturnType<typeof createMetrics>

const BATCH_OBSERVATIONS = 256

/** Observes many at a time, and before a scrape: one by one they cost several times as much. */
function batchedObservations() {
  let waiting: { child: { observe(seconds: number): void }; seconds: number }[] = []
  const flush = () => {
    const batch = waiting
    waiting = []
    for (const { child, seconds } of batch) child.observe(seconds)
  }
  return {
    add(child: { observe(seconds: number): void }, seconds: number) {
      waiting.push({ child, seconds })
      if (waiting.length >= BATCH_OBSERVATIONS) flush()
    },
    flush,
  }
}
