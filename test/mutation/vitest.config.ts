import { defineConfig } from "vitest/config";

/**
 * The tests of the pure parts. A mutant in a worker thread costs as much as the tests that reach it: those of what is
 * built from these parts stay out, and so does what starts git or sets the process's time zone.
 */
export default defineConfig({
  test: {
    include: [
      "test/anomalies/**/*.test.ts",
      "test/config/{code-names,duration,storage-limit}.test.ts",
      "test/git/{config,index,packs,refs}/**/*.test.ts",
      "test/git/run/{git-warnings,split-output}.test.ts",
      "test/metrics/{exposition-*,join-gzip,metric-definition}.test.ts",
      "test/platform/{byte-text,count-of,nearest-names,readable-units,redact,shell-word}.test.ts",
      "test/pool/*.test.ts",
      "test/pool/{records,sources}/*.test.ts",
      "test/recovery/guards/pause-policy.test.ts",
      "test/recovery/plan/*.test.ts",
      "test/remediation/alerts/*.test.ts",
      "test/remediation/queue/{deliveries,is-retryable,overlaps,queue-rules}.test.ts",
      "test/salvage/tree-entries.test.ts",
      "test/schedule/cron-*.test.ts",
    ],
    exclude: ["test/anomalies/snapshot-service.test.ts"],
    testTimeout: 30_000,
  },
});
