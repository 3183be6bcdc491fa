import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** `npm run dev` serves the sources and forwards the API to a platform started with `make run`. */
const platform = process.env.PLATFORM ?? "http://127.0.0.1:8080";

/** The frame in index.html can be painted as soon as its style is there: it must not queue behind the scripts. */
const styleFirst: Plugin = {
  name: "style-first",
  transformIndexHtml: {
    order: "post",
    handler: (html) => {
      const style = /[ ]*<link rel="stylesheet"[^>]*>\n/.exec(html)?.[0] ?? "";
      return html.replace(style, "").replace(/[ ]*<script type="module"/, `${style}$&`);
    },
  },
};

export default defineConfig({
  plugins: [react(), styleFirst],
  build: {
    target: "es2023",
    // A strict content security policy refuses data: modules and inlined assets.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // Few files for a first visit: the libraries, cached over our releases, and what all screens share.
        codeSplitting: {
          groups: [
            {
              name: "base",
              test: /node_modules\/(react|react-dom|scheduler|@tanstack|openapi-fetch)\//,
              priority: 2,
            },
            {
              name: "shared",
              test: /\/src\/((api|i18n|time|ui)\/(?!inside\/)|money|next|inside\.ts)/,
              priority: 1,
            },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/v1": platform, "/admin": platform },
  },
  test: {
    include: ["src/**/*.test.ts"],
    env: { TZ: "UTC" },
  },
});
