/** Which folder may import which: docs/architecture.md shows the same table. Type imports obey it too. */
export const mayImport = {
  platform: [],
  git: ["platform"],
  journal: ["platform"],
  schedule: ["platform"],
  pool: ["git", "journal", "platform"],
  inspection: ["pool", "git", "platform"],
  anomalies: ["inspection", "pool", "platform"],
  salvage: ["anomalies", "inspection", "pool", "git", "journal", "platform"],
  recovery: ["salvage", "anomalies", "inspection", "pool", "git", "journal", "platform"],
  lending: ["recovery", "salvage", "anomalies", "inspection", "pool", "git", "journal", "platform"],
  remediation: ["recovery", "anomalies", "journal", "pool", "platform"],
  fleet: ["remediation", "recovery", "journal", "pool", "platform"],
  metrics: ["remediation", "recovery", "anomalies", "inspection", "pool", "journal", "platform"],
  views: [
    "remediation",
    "lending",
    "recovery",
    "salvage",
    "anomalies",
    "inspection",
    "pool",
    "journal",
    "platform",
  ],
  http: [
    "views",
    "metrics",
    "remediation",
    "recovery",
    "anomalies",
    "inspection",
    "pool",
    "schedule",
    "journal",
    "platform",
  ],
  config: [
    "http",
    "metrics",
    "remediation",
    "lending",
    "recovery",
    "anomalies",
    "inspection",
    "pool",
    "schedule",
    "platform",
  ],
  "pool-services": [
    "config",
    "lending",
    "recovery",
    "salvage",
    "anomalies",
    "inspection",
    "journal",
    "pool",
    "git",
    "platform",
  ],
  "pool-manager": ["pool-services", "config", "lending", "recovery", "anomalies", "pool", "platform"],
  serve: [
    "pool-services",
    "pool-manager",
    "config",
    "http",
    "views",
    "metrics",
    "fleet",
    "remediation",
    "lending",
    "recovery",
    "salvage",
    "anomalies",
    "inspection",
    "schedule",
    "journal",
    "pool",
    "git",
    "platform",
  ],
  commands: [
    "serve",
    "pool-manager",
    "config",
    "http",
    "views",
    "remediation",
    "lending",
    "recovery",
    "salvage",
    "anomalies",
    "inspection",
    "journal",
    "pool",
    "git",
    "platform",
  ],
  index: ["pool-manager", "config", "lending", "recovery", "anomalies", "pool"],
  main: ["commands"],
  start: ["platform"],
};

/** Each outside library has one door. */
export const doorOf = {
  "simple-git": "git",
  "prom-client": "metrics",
  express: "http",
  "node-cron": "schedule",
  "proper-lockfile": "pool",
  commander: "commands",
  pg: "fleet",
  "pg-boss": "fleet",
};

const folder = (name) =>
  /^(main|start|index|pool-manager|pool-services)$/.test(name) ? `^src/${name}[.]ts$` : `^src/${name}/`;

const folderRules = Object.entries(mayImport).map(([from, allowed]) => ({
  name: `${from}-imports-only-what-it-may`,
  severity: "error",
  from: { path: folder(from) },
  to: { path: "^src/", pathNot: [from, ...allowed].map(folder) },
}));

const doorRules = Object.entries(doorOf).map(([library, door]) => ({
  name: `${library}-only-through-${door}`,
  severity: "error",
  from: { path: "^src/", pathNot: folder(door) },
  to: { path: `node_modules/${library}/` },
}));

export default {
  forbidden: [
    ...folderRules,
    ...doorRules,
    {
      // `--help` and a wrong flag load a command's file: the code that does its work is imported in its action.
      name: "commands-load-nothing-heavy",
      severity: "error",
      from: { path: "^src/commands/" },
      to: {
        dynamic: false,
        dependencyTypesNot: ["type-only"],
        pathNot: [
          "^src/(commands|views)/",
          "^src/(platform/(clock|coded-error|count-of|readable-units|shell-word)|config/duration|journal/command-operator)[.]ts$",
          "node_modules/commander/",
          "^(node:)?(fs|fs/promises|os|path|timers/promises)$",
        ],
      },
    },
    {
      name: "views-load-nothing-heavy",
      severity: "error",
      from: { path: "^src/views/" },
      to: {
        dependencyTypesNot: ["type-only"],
        pathNot: [
          "^src/views/",
          "^src/(recovery/plan/select-reclaimable|remediation/approvals/approval-expiry|anomalies/(pool-problem|judge-unsaved-work))[.]ts$",
        ],
      },
    },
    {
      // Who starts a git any other way keeps none of the rules for it.
      name: "simple-git-only-in-git-run",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/git/run/" },
      to: { path: "node_modules/simple-git/" },
    },
    {
      // flock is no git; the demo makes its own repositories of nothing, before there is a pool.
      name: "processes-only-in-git-run",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(git/run/|platform/flock[.]ts$|serve/demo/)" },
      to: { path: "^(node:)?child_process$", dependencyTypesNot: ["type-only"] },
    },
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "every-folder-is-in-the-table",
      severity: "error",
      from: { path: "^src/", pathNot: Object.keys(mayImport).map(folder) },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "types"] },
  },
};
