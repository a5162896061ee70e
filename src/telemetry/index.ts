/** What the process says about itself: the structured log and the Prometheus metrics. */
export { createLogger, type Logger } from './log.ts'
export { createMetrics, type Metrics } from './metrics.ts'
