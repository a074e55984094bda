#!/usr/bin/env node
// Compiles src/ to dist/, notes the commit, and makes the program that package.json's `bin` names executable.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(`${root}dist`, { recursive: true, force: true });
const compiled = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
chmodSync(`${root}dist/main.js`, 0o755);

const git = (...args) => spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout?.trim() ?? "";
// Only in a checkout of our own: an unpacked release may lie inside somebody else's repository.
const isOwnCheckout = git("rev-parse", "--show-prefix") === "" && git("ls-files", "package.json") !== "";
writeFileSync(`${root}dist/revision`, isOwnCheckout ? git("rev-parse", "HEAD") : "");
