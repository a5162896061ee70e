#!/usr/bin/env bun
/** The front door of the program: picks a command, runs it, and ends with its exit status. */
import { runCommandLine, systemTerminal } from './cli/index.ts'

const status = await runCommandLine(
  process.argv.slice(2),
  { terminal: systemTerminal },
  {
    serve: async (...input) => (await import('./serve.ts')).serve(...input),
    openapi: async (...input) => (await import('./describe-api.ts')).describeApi(...input),
  },
)
process.exit(status)
