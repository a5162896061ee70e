/** The package comes without types; this is what the peer uses of it. */
declare module 'oidc-provider' {
  interface Stored {
    save(): Promise<string>
  }
  interface Context {
    readonly path: string
    readonly querystring: string
    body: unknown
  }
  class Provider {
    constructor(issuer: string, configuration: object)
    readonly Client: { find(id: string): Promise<object | undefined> }
    readonly Grant: new (
      properties: object,
    ) => Stored & { addOIDCScope(scope: string): void }
    readonly AuthorizationCode: new (
      properties: object,
    ) => Stored
    use(middleware: (ctx: Context, next: () => Promise<void>) => Promise<void>): void
    listen(port: number, host: string): unknown
  }
  export default Provider
}
