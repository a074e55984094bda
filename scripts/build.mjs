#!/usr/bin/env node
// Makes dist/ of src/: types by tsc, and code by esbuild in few files, since a subcommand of a hundred small ones would
// take longer to load than to run. Notes the commit, and makes the program that package.json's `bin` names executable.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(`${root}dist`, { recursive: true, force: true });
const declared = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
if (declared.status !== 0) process.exit(declared.status ?? 1);
await build({
  absWorkingDir: root,
  entryPoints: ["src/main.ts", "src/index.ts"],
  outdir: "dist",
  bundle: true,
  // What is imported only when it is needed stays a file of its own.
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20.19",
});
chmodSync(`${root}dist/main.js`, 0o755);

const git = (...args) => spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout?.trim() ?? "";
// Only in a checkout of our own: an unpacked release may lie inside somebody else's repository.
const isOwnCheckout = git("rev-parse", "--show-prefix") === "" && git("ls-files", "package.json") !== "";
writeFileSync(`${root}dist/revision`, isOwnCheckout ? git("rev-parse", "HEAD") : "");
