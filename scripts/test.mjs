#!/usr/bin/env node
// `npm test`: installs what is missing, builds, checks and runs every suite.
// The last line is `N passed, N failed, N skipped`.
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { fileURLToPath } from "node:url";
import { installModules } from "./install-modules.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const isContinuousIntegration = process.env.CI === "true";
const cacheDirectory = `${root}node_modules/.cache`;
const resultFile = `${cacheDirectory}/test-result.json`;
const isFull = process.argv.includes("--full");
const environment = { ...process.env, ...(isFull ? { REPO_POOL_SIDECAR_TEST_FULL: "1" } : {}) };

/** The longest first. They take turns: half of them run, the even or the odd ones by the seed, or all in a full run. */
const longestSuites = [
  "faults/recovery-circumstances",
  "integration/serve-sources",
  "integration/seeing-nothing",
  "integration/clean-index",
  "integration/root-leftovers",
  "integration/worktree-recovery",
  "integration/reclone",
  "faults/metadata-recovery",
  "fleet/database-trouble",
  "faults/pool-rebuild",
  "integration/lost-worktrees",
  "integration/source-kill",
  "integration/salvage-kill",
  "integration/submodules",
  "integration/salvage-bases",
  "integration/special-files",
  "integration/two-sidecars",
  "integration/reclaim-kill",
  "integration/clocks",
  "integration/quiet-slots",
];

/** Debian packages, the file that shows each is there, and the suites (folders of `test`) that need it. */
const debianPackages = () => [
  { name: "git", files: ["/usr/bin/git"], suites: ["integration", "faults"] },
  { name: "prometheus", files: ["/usr/bin/prometheus"], suites: ["integration", "contract"] },
  {
    name: "prometheus-alertmanager",
    files: ["/usr/bin/prometheus-alertmanager"],
    suites: ["integration", "contract"],
  },
  {
    name: "python3-filelock",
    files: ["/usr/lib/python3/dist-packages/filelock/__init__.py"],
    suites: ["contract"],
  },
  { name: "apache2-utils", files: ["/usr/bin/htpasswd"], suites: ["integration"] },
  { name: "faketime", files: ["/usr/bin/faketime"], suites: ["integration"] },
  { name: "postgresql", files: [postgresFile()], suites: ["fleet"] },
  { name: "pgbouncer", files: ["/usr/sbin/pgbouncer"], suites: ["fleet"] },
  { name: "openssl", files: ["/usr/bin/openssl"], suites: ["http", "integration"] },
  ...(hasTests("browser") ? [{ name: "chromium", files: ["/usr/bin/chromium"], suites: ["browser"] }] : []),
];

/** Debian has the server's programs in a directory of their version. */
function postgresFile() {
  const home = "/usr/lib/postgresql";
  const versions = existsSync(home) ? readdirSync(home) : [];
  const found = versions.map((version) => `${home}/${version}/bin/initdb`).find((file) => existsSync(file));
  return found ?? `${home}/bin/initdb`;
}

function hasTests(suite) {
  const directory = `${root}test/${suite}`;
  return existsSync(directory) && readdirSync(directory).some((name) => name.endsWith(".test.ts"));
}

function run(command, args, env = environment) {
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: "inherit" });
  if (error !== undefined) console.error(`${command}: ${error.message}`);
  return status === 0;
}

function finish(exitCode, { passed = 0, failed = 0, skipped = 0 } = {}) {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(exitCode);
}

/** @returns the suites that cannot run. */
function installDebianPackages() {
  const missing = findMissingPackages();
  if (missing.length === 0) return [];
  const names = missing.map(({ name }) => name);
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    console.log(`Installing the Debian packages ${names.join(", ")}, without starting their services.`);
    installWithoutServices(names);
  } else {
    console.log(
      `Some suites need Debian packages: sudo apt-get install --no-install-recommends ${names.join(" ")}`,
    );
  }
  return [...new Set(findMissingPackages().flatMap(({ suites }) => suites))];
}

function findMissingPackages() {
  return debianPackages().filter(({ files }) => !files.every((file) => existsSync(file)));
}

/** A policy-rc.d that answers 101 keeps a package from starting its service. */
function installWithoutServices(names) {
  const policy = "/usr/sbin/policy-rc.d";
  const isOurs = !existsSync(policy);
  if (isOurs) {
    writeFileSync(policy, "#!/bin/sh\nexit 101\n");
    chmodSync(policy, 0o755);
  }
  const env = { ...environment, DEBIAN_FRONTEND: "noninteractive" };
  try {
    run("apt-get", ["update", "-q"], env);
    run("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...names], env);
  } finally {
    if (isOurs) rmSync(policy, { force: true });
  }
}

/** Beside the suites, which wait more than they compute. What it says is printed when it ends. */
function startCheck() {
  const logFile = `${cacheDirectory}/check.log`;
  const log = openSync(logFile, "w");
  const check = spawn("npm", ["run", "--silent", "check"], {
    cwd: root,
    env: environment,
    stdio: ["ignore", log, log],
  });
  return new Promise((resolve) => {
    check.once("error", (error) => resolve({ isGreen: false, said: `npm run check: ${error.message}\n` }));
    check.once("close", (code) => resolve({ isGreen: code === 0, said: readFileSync(logFile, "utf8") }));
  });
}

function drawLeftOut() {
  if (isFull) return [];
  const seed = Number(process.env.REPO_POOL_SIDECAR_TEST_SEED ?? Date.now() % 100_000);
  const leftOut = longestSuites.filter((_, index) => index % 2 === seed % 2);
  console.log(
    `Long suites that wait for their turn, REPO_POOL_SIDECAR_TEST_SEED=${seed}: ${leftOut.join(", ")}`,
  );
  return leftOut;
}

function runSuites(unavailable) {
  rmSync(resultFile, { force: true });
  const excluded = [
    ...unavailable.map((name) => `--exclude=test/${name}/**`),
    ...drawLeftOut().map((name) => `--exclude=test/${name}.test.ts`),
  ];
  const reporters = ["default", "json", "./scripts/report-failure-at-once.mjs"].map(
    (name) => `--reporter=${name}`,
  );
  const vitest = `${root}node_modules/vitest/vitest.mjs`;
  const output = [...reporters, `--outputFile.json=${resultFile}`];
  return run(process.execPath, [vitest, "run", ...excluded, ...output, "--passWithNoTests"]);
}

/** Without a result file vitest did not get as far as a test. A file that fails to load has no test to count. */
function countTests() {
  if (!existsSync(resultFile)) return { failed: 1 };
  const result = JSON.parse(readFileSync(resultFile, "utf8"));
  const brokenFiles = result.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + brokenFiles.length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

if (!installModules(root)) finish(1, { failed: 1 });
if (!run(process.execPath, ["scripts/build.mjs"])) finish(1, { failed: 1 });
const unavailable = installDebianPackages();
mkdirSync(cacheDirectory, { recursive: true });
const check = startCheck();
const isGreen = runSuites(unavailable);
const { isGreen: isChecked, said } = await check;
process.stdout.write(said);
if (!isChecked) console.log("`npm run check` failed; see above.");
if (unavailable.length > 0) console.log(`Suites that did not run: ${unavailable.join(", ")}`);
const isComplete = unavailable.length === 0 || !isContinuousIntegration;
finish(isChecked && isGreen && isComplete ? 0 : 1, countTests());
