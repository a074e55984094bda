import { defineConfig } from "vitest/config";

/**
 * Real parts need real time: git, Python, Prometheus and a browser start and stop in these suites. In a full run one fault
 * is an index of 4 GiB.
 */
const slowMilliseconds = process.env["REPO_POOL_SIDECAR_TEST_FULL"] === "1" ? 1_800_000 : 300_000;

export default defineConfig({
  test: {
    // Of two cores: most tests wait for git, a server or a clock.
    maxWorkers: 5,
    // Files share what they import: reading it anew for each took more than most of their tests.
    isolate: false,
    // A limit for what hangs, not a measure: two cores do more than the tests at the same time.
    testTimeout: 30_000,
    // The names of generated tests are read whole: two faults, the state of a slot.
    chaiConfig: { truncateThreshold: 200 },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "test/{platform,git,journal,schedule,pool,inspection,anomalies,salvage,recovery,lending,remediation,metrics,views,http,config,serve,commands}/**/*.test.ts",
          ],
        },
      },
      {
        // One for all of these suites: each project reads the sources anew.
        extends: true,
        test: {
          name: "system",
          include: ["test/{contract,cli,integration,faults,browser,fleet}/**/*.test.ts"],
          testTimeout: slowMilliseconds,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
