import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** `npm run dev` serves the sources and forwards the API to a platform started with `make run`. */
const platform = process.env.PLATFORM ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    // A strict content security policy refuses data: modules and inlined assets.
    assetsInlineLimit: 0,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/v1": platform },
  },
  test: {
    include: ["src/**/*.test.ts"],
    env: { TZ: "UTC" },
  },
});
