import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: 'e2e',
  testIgnore: [process.env.NOTES_SCREENSHOTS ? '' : 'screenshots.spec.ts', process.env.NOTES_LATENCY ? '' : 'latency.spec.ts'].filter(Boolean),
  globalSetup: './e2e/global-setup.ts',
  fullyParallel: true,
  workers: 2, // a server and a browser each
  forbidOnly: true,
  timeout: 180_000, // a busy machine is slow, and that is no defect of the dashboard
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    launchOptions: {
      executablePath: process.env.NOTES_CHROMIUM,
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync',
      ],
    },
  },
})
