/** Apart from what drives it, which is not needed to know whether it is there. */
/** The program, or undefined where it is not installed. */
export const findChromium = (): string | undefined =>
  ['chromium', 'chromium-browser', 'google-chrome']
    .map((name) => Bun.which(name))
    .find((path) => path !== null) ?? undefined
