/** Which folder may import which: docs/architecture.md shows the same table. Type imports obey it too. */
export const mayImport = {
  platform: [],
  pool: ["platform"],
  locks: ["pool", "platform"],
  git: ["platform"],
  inspection: ["pool", "locks", "git", "platform"],
  anomalies: ["pool", "inspection", "platform"],
  journal: ["platform"],
  recovery: ["anomalies", "inspection", "pool", "locks", "git", "journal", "platform"],
  lending: ["recovery", "inspection", "pool", "locks", "git", "journal", "platform"],
  remediation: ["recovery", "anomalies", "journal", "pool", "platform"],
  fleet: ["remediation", "recovery", "journal", "pool", "platform"],
  metrics: ["pool", "inspection", "anomalies", "recovery", "remediation", "platform"],
  http: ["metrics", "remediation", "recovery", "anomalies", "pool", "platform"],
  schedule: ["platform"],
  config: ["anomalies", "inspection", "recovery", "remediation", "metrics", "http", "schedule", "platform"],
  "pool-manager": [
    "pool",
    "lending",
    "locks",
    "git",
    "inspection",
    "anomalies",
    "recovery",
    "journal",
    "config",
    "platform",
  ],
  app: [
    "pool-manager",
    "config",
    "pool",
    "lending",
    "locks",
    "git",
    "inspection",
    "anomalies",
    "journal",
    "recovery",
    "remediation",
    "fleet",
    "metrics",
    "http",
    "schedule",
    "platform",
  ],
  cli: ["app", "config", "platform"],
  index: ["pool-manager", "config", "pool", "anomalies", "recovery", "lending"],
  main: ["cli"],
  start: ["platform"],
};

/** Each outside library has one door. */
export const doorOf = {
  "simple-git": "git",
  "prom-client": "metrics",
  express: "http",
  "node-cron": "schedule",
  "proper-lockfile": "locks",
  pg: "fleet",
  "pg-boss": "fleet",
};

const room = (name) =>
  /^(main|start|index|pool-manager)$/.test(name) ? `^src/${name}[.]ts$` : `^src/${name}/`;

const folderRules = Object.entries(mayImport).map(([from, allowed]) => ({
  name: `${from}-imports-only-what-it-may`,
  severity: "error",
  from: { path: room(from) },
  to: { path: "^src/", pathNot: [from, ...allowed].map(room) },
}));

const doorRules = Object.entries(doorOf).map(([library, folder]) => ({
  name: `${library}-only-through-${folder}`,
  severity: "error",
  from: { path: "^src/", pathNot: room(folder) },
  to: { path: `node_modules/${library}/` },
}));

export default {
  forbidden: [
    ...folderRules,
    ...doorRules,
    {
      // `--help` and every start-up load these, so they load nothing but what defines options.
      name: "definitions-load-nothing-heavy",
      severity: "error",
      from: { path: "^src/cli/(definitions/|command-definition[.]ts|commands[.]ts|environment[.]ts)" },
      to: {
        dynamic: false,
        dependencyTypesNot: ["type-only"],
        pathNot: ["^src/cli/", "^src/platform/coded-error[.]ts$", "node_modules/commander/"],
      },
    },
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "every-room-is-in-the-table",
      severity: "error",
      from: { path: "^src/", pathNot: Object.keys(mayImport).map(room) },
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
