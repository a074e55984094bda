#!/usr/bin/env node
// Makes dist/ of src/: types by tsc, and code by rolldown in few files, since a subcommand of a hundred small ones would
// take longer to load than to run. Notes the commit, and makes the program that package.json's `bin` names executable.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

/** Where a program starts. */
const entries = { main: "src/main.ts", index: "src/index.ts" };
/** What the command that has to be quick loads, of which one file is made. */
const quickEntries = {
  main: "src/main.ts",
  definition: "src/cli/definitions/check.ts",
  check: "src/cli/check.ts",
};

rmSync(`${root}dist`, { recursive: true, force: true });
const declared = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
if (declared.status !== 0) process.exit(declared.status ?? 1);
const core = await findLoadedModules(quickEntries);
// It waits for what it imports later, and that may import the rest.
core.delete(`${root}${entries.main}`);
const bundle = await bundleOf(entries);
await bundle.write({
  dir: `${root}dist`,
  format: "esm",
  entryFileNames: "[name].js",
  // What is imported only when it is needed stays a file of its own.
  chunkFileNames: "chunks/[name]-[hash].js",
  codeSplitting: { groups: [{ name: "core", test: (id) => core.has(id), entriesAware: false }] },
});
await bundle.close();
chmodSync(`${root}dist/main.js`, 0o755);

const git = (...args) => spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout?.trim() ?? "";
// Only in a checkout of our own: an unpacked release may lie inside somebody else's repository.
const isOwnCheckout = git("rev-parse", "--show-prefix") === "" && git("ls-files", "package.json") !== "";
writeFileSync(`${root}dist/revision`, isOwnCheckout ? git("rev-parse", "HEAD") : "");

function bundleOf(input) {
  return rolldown({
    cwd: root,
    input,
    platform: "node",
    // Packages stay packages, but for what rolldown itself adds.
    external: (id) => /^[@a-z]/.test(id) && !id.startsWith("@oxc-project/"),
    // A module may be imported at once in one place and later in another.
    checks: { ineffectiveDynamicImport: false },
    transform: { target: "node20.19" },
  });
}

/** The modules that these entries load at once, without what they import later. */
async function findLoadedModules(input) {
  const bundle = await bundleOf(input);
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]));
  const modules = new Set();
  const pending = output.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const chunk = chunks.get(name);
    // A package of its own, or seen already.
    if (chunk === undefined || !chunks.delete(name)) continue;
    for (const id of chunk.moduleIds) modules.add(id);
    pending.push(...chunk.imports);
  }
  return modules;
}
