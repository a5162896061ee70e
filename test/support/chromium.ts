/** A real browser without a window, for what only a browser does. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findChromium } from './find-chromium.ts'

/** Nothing that it would do by itself: no updates, no reports, no connections but to the pages of a test. */
const FLAGS = [
  '--no-sandbox', // its own users and namespaces are not to be had in a container
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Chromium extends AsyncDisposable {
  /** A window with no cookies of any other. */
  open(options?: BrowserContextOptions): Promise<BrowserContext>
}

/** Throws where it is not installed: ask `findChromium` first. One is enough for all tests of a file. */
export async function startChromium(): Promise<Chromium> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('Chromium is not installed.')
  const folder = mkdtempSync(join(tmpdir(), 'authy2-chromium-'))
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: FLAGS,
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
  })
  return {
    open: (options) => browser.newContext(options),
    async [Symbol.asyncDispose]() {
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** As `WebAuthn.VirtualAuthenticatorOptions` of the DevTools protocol. */
export interface VirtualAuthenticatorOptions {
  readonly protocol: 'ctap2' | 'u2f'
  readonly transport: 'usb' | 'nfc' | 'ble' | 'internal'
  readonly hasResidentKey?: boolean
  readonly hasUserVerification?: boolean
  readonly isUserVerified?: boolean
  /** Made to be synced, as by the provider of a platform. */
  readonly defaultBackupEligibility?: boolean
  readonly defaultBackupState?: boolean
}

export interface VirtualCredential {
  readonly credentialId: string
  readonly isResidentCredential: boolean
  readonly rpId?: string
  readonly privateKey: string
  readonly userHandle?: string
  readonly signCount: number
}

/** Security keys that a page believes to be real, and that always feel a finger. Web Authentication Level 3 §11. */
export async function virtualAuthenticators(page: Page) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable', { enableUI: false })
  return {
    async add(options: VirtualAuthenticatorOptions) {
      const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
        options: { automaticPresenceSimulation: true, ...options },
      })
      return {
        async credentials(): Promise<VirtualCredential[]> {
          const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId })
          return credentials
        },
        /** Puts one in, in the place of the one with the same id. */
        async replace(credential: VirtualCredential): Promise<void> {
          const { credentialId } = credential
          await devtools.send('WebAuthn.removeCredential', { authenticatorId, credentialId })
          await devtools.send('WebAuthn.addCredential', { authenticatorId, credential })
        },
        /** Whether it recognises the finger, the face or the PIN. */
        async setUserVerified(isUserVerified: boolean): Promise<void> {
          await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
        },
        async remove(): Promise<void> {
          await devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
        },
      }
    },
  }
}

/**
 * Waits until a page has this heading. A click does not wait for what a script does after it, and what is read at once
 * may be of the page before.
 */
export async function untilHeaded(page: Page, heading: string): Promise<void> {
  await page.waitForSelector(`h1:text-is(${JSON.stringify(heading)})`)
}
