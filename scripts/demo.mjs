#!/usr/bin/env node
// `npm run demo`: installs and builds what is missing, then runs the `demo` subcommand.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { installModules } from "./install-modules.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

if (!installModules(root)) process.exit(1);
if (!isBuilt()) {
  console.log("Building the program.");
  const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
  if (built.status !== 0) process.exit(built.status ?? 1);
}

const demo = spawn(process.execPath, [`${root}dist/main.js`, "demo", ...process.argv.slice(2)], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => demo.kill(signal));
demo.on("close", (exitCode) => process.exit(exitCode ?? 1));

/** True if nothing that the program is made of is newer than the program. */
function isBuilt() {
  const builtAt = changedAt("dist/main.js");
  const sources = readdirSync(`${root}src`, { recursive: true }).map((name) => `src/${name}`);
  return [...sources, "scripts/build.mjs", "package-lock.json"].every((file) => changedAt(file) < builtAt);
}

function changedAt(file) {
  return statSync(`${root}${file}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
