#!/usr/bin/env node
// `npm run demo`: installs and builds what is missing, then runs the `demo` subcommand.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { installModules } from "./install-modules.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

if (!installModules(root)) process.exit(1);
const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);

const demo = spawn(process.execPath, [`${root}dist/main.js`, "demo", ...process.argv.slice(2)], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => demo.kill(signal));
demo.on("close", (exitCode) => process.exit(exitCode ?? 1));
