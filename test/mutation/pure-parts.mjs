/**
 * Pure parts: what they return depends on their arguments, or on the one small file that they parse, so that a unit test
 * can see every mutant. What starts processes or changes disks is held by the suites of faults and integration.
 */
export const pureFiles = [
  "src/anomalies/{count-lendable,detect-*,find-problems,health-notice,is-reclaimable,judge-unsaved-work,remote-url,select-leftovers}.ts",
  "src/config/{code-names,duration,storage-limit}.ts",
  "src/git/config/{git-config,info-exclude,remotes,repository-format,submodule-paths}.ts",
  "src/git/index/{index-entries,index-file,staged-entries}.ts",
  "src/git/packs/{chunk-file,pack-index,pack-index-layout,pack-names}.ts",
  "src/git/refs/{fetch-head,head,packed-refs,plan-rewind,ref-changes,reflog,refspec,shallow}.ts",
  "src/git/run/{git-warnings,split-output}.ts",
  "src/metrics/{exposition-format,exposition-lines,join-gzip,metric-definition}.ts",
  "src/platform/{byte-text,count-of,nearest-names,readable-units,redact,shell-word}.ts",
  "src/pool/{repo-url,slot-id}.ts",
  "src/pool/records/{known-state,pool-record,slot-record,timezone-mismatch}.ts",
  "src/pool/sources/source-names.ts",
  "src/recovery/guards/pause-policy.ts",
  "src/recovery/plan/*.ts",
  "src/remediation/alerts/{matcher,notification,policy,select-target}.ts",
  "src/remediation/queue/{deliveries,is-retryable,overlaps,queue-rules}.ts",
  "src/salvage/save/tree-entries.ts",
  "src/schedule/{cron-times,cron-windows}.ts",
];

/** The tests of these parts, by their path below `test`. Tests of what is built from them stay out. */
export const pureTests = [
  /^anomalies\/(?!snapshot-service)/,
  /^config\/(?:code-names|duration|storage-limit)/,
  // Those of refused settings start git for each of its commands.
  /^git\/(?:config\/(?!refused-settings)|(?:index|packs|refs)\/)/,
  /^git\/run\/(?:git-warnings|split-output)/,
  /^metrics\/(?:exposition-|join-gzip|metric-definition)/,
  /^platform\/(?:byte-text|count-of|nearest-names|readable-units|redact|shell-word)/,
  // Those of local times set the time zone of the process, those of the cache its clock.
  /^pool\/(?:[^/]+|records\/(?!local-time|record-cache)[^/]+|sources\/[^/]+)$/,
  /^recovery\/(?:guards\/pause-policy|plan\/)/,
  /^remediation\/alerts\//,
  /^remediation\/queue\/(?:deliveries|queue-rules)/,
  /^salvage\/tree-entries/,
  /^schedule\/cron-/,
];
