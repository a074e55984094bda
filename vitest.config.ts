import { defineConfig } from "vitest/config";

/**
 * Real parts need real time: git, Python, Prometheus and a browser start and stop in these suites. In a full run one fault
 * is an index of 4 GiB.
 */
const slowMilliseconds = process.env["REPO_POOL_SIDECAR_TEST_FULL"] === "1" ? 1_800_000 : 300_000;
const slow = { testTimeout: slowMilliseconds, hookTimeout: 300_000 };

const project = (name: string, include: string[], more: object = {}) => ({
  extends: true as const,
  test: { name, include, ...more },
});

export default defineConfig({
  test: {
    // Of two cores: most tests wait for git, a server or a clock.
    maxWorkers: 4,
    // Files share what they import: reading it anew for each took more than most of their tests.
    isolate: false,
    // A limit for what hangs, not a measure: two cores do more than the tests at the same time.
    testTimeout: 30_000,
    projects: [
      project("unit", [
        "test/{platform,git,journal,schedule,pool,inspection,anomalies,salvage,recovery,lending,remediation,metrics,views,http,config,serve,commands}/**/*.test.ts",
      ]),
      project("contract", ["test/contract/**/*.test.ts"], slow),
      project("cli", ["test/cli/**/*.test.ts"], slow),
      project("integration", ["test/integration/**/*.test.ts"], slow),
      project("faults", ["test/faults/**/*.test.ts"], slow),
      project("browser", ["test/browser/**/*.test.ts"], slow),
      project("fleet", ["test/fleet/**/*.test.ts"], slow),
    ],
  },
});
