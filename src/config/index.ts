/**
 * What the server is told from outside, parsed and checked once at start and then passed down frozen.
 * One table (variables/) holds every variable; parsing, redaction, `.env.example` and the reference follow it.
 * Strongest first: command line, environment, `--config` file, `.env`, defaults. Every variable may carry the
 * prefix `AUTHY2_`; an unknown name with it stops the start. The only folder that reads `process.env`.
 */
export type { Config, RateLimitName, RateLimitWindow, SmtpConfig } from './config.ts'
export { withDevelopmentSecrets } from './development-secrets.ts'
export { ConfigError, type Problem } from './error.ts'
export { inspectConfig, type LoadedConfig, loadConfig, type Setting } from './load.ts'
export { localUrl } from './local-url.ts'
export { nearestName } from './nearest-name.ts'
export { renderEnvExample, renderReference } from './reference.ts'
export { renderConfig } from './render.ts'
export type { ConfigInput } from './sources.ts'
export type { Stranger } from './strangers.ts'
export { MAX_SIGNED_TOKEN_SECONDS } from './variables/oidc.ts'
