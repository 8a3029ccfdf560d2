import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const backend = process.env.OPENBML_URL ?? "http://127.0.0.1:9801";
const toBackend = { target: backend, changeOrigin: true };

export default defineConfig({
  plugins: [react()],
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
