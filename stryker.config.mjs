import { tmpdir } from "node:os";
import { join } from "node:path";
import { pureFiles } from "./test/mutation/pure-parts.mjs";

export default {
  mutate: pureFiles,
  testRunner: "in-process",
  plugins: ["./test/mutation/in-process-runner.mjs", "./test/mutation/prose.mjs"],
  ignorers: ["prose"],
  coverageAnalysis: "perTest",
  concurrency: 1,
  // A busy machine must not pass for a mutant that was found: what goes round is ended by its count of rounds.
  timeoutMS: 60_000,
  dryRunTimeoutMinutes: 30,
  tempDirName: join(tmpdir(), "repo-pool-sidecar-mutation"),
  ignorePatterns: ["dist", "docs/images", "grafana", "bench"],
  allowEmpty: false,
  reporters: ["clear-text", "progress-append-only", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: "node_modules/.cache/mutation/report.json" },
  thresholds: { high: 95, low: 90, break: 85 },
};
