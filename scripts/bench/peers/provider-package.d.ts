/** The package comes without types; this is what the peer uses of it. */
declare module 'oidc-provider' {
  class Provider {
    constructor(issuer: string, configuration: object)
    listen(port: number, host: string): unknown
  }
  export default Provider
}
