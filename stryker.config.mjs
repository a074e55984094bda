import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Pure parts: what they return depends on their arguments alone, so that a unit test can see every mutant. What reads
 * disks or starts processes is held by the suites of faults and integration.
 */
const pureFiles = [
  "src/anomalies/{count-lendable,detect-*,find-problems,health-notice,is-reclaimable,judge-unsaved-work,remote-url,select-leftovers}.ts",
  "src/config/{code-names,duration,storage-limit}.ts",
  "src/git/config/{git-config,info-exclude,refused-settings,remotes,repository-format,submodule-paths}.ts",
  "src/git/index/{index-entries,index-file,staged-entries}.ts",
  "src/git/packs/{chunk-file,pack-index,pack-index-layout,pack-names}.ts",
  "src/git/refs/{fetch-head,head,packed-refs,plan-rewind,ref-changes,reflog,refspec,shallow}.ts",
  "src/git/run/{git-warnings,split-output}.ts",
  "src/metrics/{exposition-format,exposition-lines,join-gzip,metric-definition}.ts",
  "src/platform/{byte-text,count-of,nearest-names,readable-units,redact,shell-word}.ts",
  "src/pool/{repo-url,slot-id}.ts",
  "src/pool/records/{known-state,local-time,local-times,pool-record,slot-record,timezone-mismatch}.ts",
  "src/pool/sources/{path-pattern,source-names}.ts",
  "src/recovery/guards/pause-policy.ts",
  "src/recovery/plan/*.ts",
  "src/remediation/alerts/{matcher,notification,policy,select-target}.ts",
  "src/remediation/queue/{deliveries,is-retryable,overlaps,queue-rules}.ts",
  "src/salvage/save/tree-entries.ts",
  "src/schedule/{cron-times,cron-windows}.ts",
];

export default {
  mutate: pureFiles,
  testRunner: "vitest",
  vitest: { configFile: "test/mutation/vitest.config.ts" },
  plugins: ["@stryker-mutator/vitest-runner", "./test/mutation/prose.mjs"],
  ignorers: ["prose"],
  coverageAnalysis: "perTest",
  concurrency: 1,
  // A busy machine must not pass for a mutant that was found: what loops is ended by its count of rounds.
  timeoutMS: 60_000,
  // vitest does not look for tests below node_modules.
  tempDirName: join(tmpdir(), "repo-pool-sidecar-mutation"),
  ignorePatterns: ["dist", "docs/images", "grafana", "bench"],
  incrementalFile: "node_modules/.cache/mutation/incremental.json",
  reporters: ["clear-text", "progress-append-only", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: "node_modules/.cache/mutation/report.json" },
  thresholds: { high: 95, low: 90, break: 85 },
};
