import react from "@vitejs/plugin-react";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const backend = process.env.OPENBML_URL ?? "http://127.0.0.1:9801";
const toBackend = { target: backend, changeOrigin: true };

/** The build carries the description of the control API that its types were made from, as `/v1/openapi.json`. */
function apiDescription(): Plugin {
  return {
    name: "openbml-api-description",
    apply: "build",
    generateBundle() {
      const source = readFileSync(new URL("./openapi.json", import.meta.url), "utf8");
      this.emitFile({ type: "asset", fileName: "v1/openapi.json", source });
    },
  };
}

export default defineConfig({
  plugins: [react(), apiDescription()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    host: "127.0.0.1",
    port: 9800,
    proxy: { "/v1": toBackend, "/oauth": toBackend, "/rpc": toBackend, "/live": { ...toBackend, ws: true } },
  },
  preview: {
    host: "127.0.0.1",
    port: 9800,
    proxy: { "/v1": toBackend, "/oauth": toBackend, "/rpc": toBackend, "/live": { ...toBackend, ws: true } },
  },
  build: { target: "es2022", manifest: true, chunkSizeWarningLimit: 900 },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});
