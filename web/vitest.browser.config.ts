import { defineConfig } from "vitest/config";

/** A real Chromium against a running platform; the journeys share its diary and so run one after the other. */
export default defineConfig({
  test: {
    include: ["tests/browser/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
