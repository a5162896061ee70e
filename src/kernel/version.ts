import packageJson from '../../package.json' with { type: 'json' }

/** Put in its place by the build; absent when the program runs from its sources. */
declare const AUTHY2_VERSION: string | undefined

export const VERSION: string = typeof AUTHY2_VERSION === 'string' ? AUTHY2_VERSION : packageJson.version
