/**
 * What the instance does by itself: a table of jobs, their schedules, and a runner in every server.
 * Routes: /admin/jobs.
 * Invariants: a run is one process's, by a lease in the database; a process that lost its lease writes nothing
 * more; what a killed process was at runs again within a minute; runs that were missed are made up for once.
 */
export { JOBS } from './catalogue.ts'
export { jobs } from './routes.ts'
export { createJobRunner, type JobRunner } from './runner.ts'
export { findJobTroubles, type JobTrouble } from './trouble.ts'
