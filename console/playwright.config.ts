import { defineConfig } from "@playwright/test";

/** The walks need a running installation: OPENBML_URL (default: the local cloud's gateway). */
export default defineConfig({
  testDir: "../tests/e2e/console",
  outputDir: "./test-results",
  timeout: 300_000,
  expect: { timeout: 20_000 },
  workers: 1,
  retries: 0,
  reporter: [["list"]],
  use: {
    actionTimeout: 20_000,
    baseURL: process.env.OPENBML_URL ?? "http://127.0.0.1:8080",
    viewport: { width: 1280, height: 860 },
    locale: "en-US",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    permissions: ["clipboard-read", "clipboard-write"],
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
