#!/usr/bin/env node
// Makes dist/ of src/. The program: CommonJS in few files, since a subcommand of a hundred small ones would take longer
// to load than to run, with what V8 makes of the file that every command loads. The library: ES modules with types.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { tsImport } from "tsx/esm/api";

const root = fileURLToPath(new URL("..", import.meta.url));
// What is there stays usable until the new one is whole, and if the build is stopped.
const dist = `${root}dist.new`;
const library = `${dist}/library`;
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
/** What `check`, which has to be quick, imports when it runs: all of it is in the program's first file. */
const quickEntries = {
  program: "src/main.ts",
  check: "src/commands/check.ts",
  config: "src/config/load-config.ts",
  pools: "src/pool-manager.ts",
};
/** Part of the program: those that are ES modules alone, which CommonJS code gets in another shape, and what reads arguments. */
const bundledPackages = ["commander", "p-queue", "p-retry", "eventemitter3", "p-timeout", "is-network-error"];

rmSync(dist, { recursive: true, force: true });
await buildLibrary();
await buildProgram();
writeRevision();
rmSync(`${root}dist`, { recursive: true, force: true });
renameSync(dist, `${root}dist`);

async function buildLibrary() {
  const declared = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", library], {
    cwd: root,
    stdio: "inherit",
  });
  if (declared.status !== 0) process.exit(declared.status ?? 1);
  const bundle = await bundleOf({ index: "src/index.ts" });
  await bundle.write({ dir: library, format: "esm", chunkFileNames: "chunks/[name]-[hash].js" });
  await bundle.close();
  writeFileSync(`${library}/package.json`, '{ "type": "module" }\n');
}

async function buildProgram() {
  const core = await findLoadedModules(quickEntries);
  const program = await bundleOf({ program: "src/main.ts" }, bundledPackages);
  const { output } = await program.write({
    dir: dist,
    format: "cjs",
    // Each start reads and compares the whole file.
    comments: false,
    // What is imported only when it is needed stays a file of its own.
    chunkFileNames: "chunks/[name]-[hash].js",
    codeSplitting: { groups: [{ name: "core", test: (id) => core.has(id), entriesAware: false }] },
  });
  await program.close();
  inlineRuntime(`${dist}/program.js`);
  writeAsAscii(`${dist}/program.js`);
  const start = await bundleOf({ main: "src/start.ts" });
  await start.write({ dir: dist, format: "cjs" });
  await start.close();
  chmodSync(`${dist}/main.js`, 0o755);
  writeFileSync(`${dist}/package.json`, '{ "type": "commonjs" }\n');
  writeLicences(output.flatMap(({ moduleIds = [] }) => moduleIds));
  const { saveCompiledCode } = await tsImport("../src/platform/compiled-code.ts", import.meta.url);
  await saveCompiledCode(`${dist}/program.js`);
}

/** Rolldown puts its own helpers into a chunk as soon as one chunk needs nothing else: that is one more file to load. */
function inlineRuntime(file) {
  const inline = (_, chunk) =>
    `(() => { const exports = {};\n${readFileSync(`${dist}/chunks/${chunk}`, "utf8")}return exports; })()`;
  const required = /\brequire\("\.\/chunks\/(rolldown-runtime-[^"]+)"\)/;
  writeFileSync(file, readFileSync(file, "utf8").replace(required, inline));
}

/** One character beyond Latin-1 makes V8 keep the whole text in twice as many bytes, and take twice as long over it. */
function writeAsAscii(file) {
  const escape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  writeFileSync(file, readFileSync(file, "utf8").replace(/[^\0-\x7f]/g, escape));
}

function bundleOf(input, bundled = []) {
  return rolldown({
    cwd: root,
    input,
    platform: "node",
    // Packages stay packages, but for these and for what rolldown itself adds.
    external: (id) => /^[@a-z]/.test(id) && !id.startsWith("@oxc-project/") && !bundled.includes(id),
    // A module may be imported at once in one place and later in another.
    checks: { ineffectiveDynamicImport: false },
    transform: { target: "node20.19" },
  });
}

/** The modules that these entries load at once, without what they import later. */
async function findLoadedModules(input) {
  const bundle = await bundleOf(input, bundledPackages);
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

/** Their licences ask for being given on with the code. */
function writeLicences(moduleIds) {
  const inPackage = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
  const directories = new Set(moduleIds.flatMap((id) => inPackage.exec(id) ?? []));
  mkdirSync(`${dist}/licences`);
  for (const directory of directories) {
    const name = readdirSync(directory).find((file) => /^licen[cs]e/i.test(file));
    if (name === undefined) throw new Error(`${directory} has no licence to give on`);
    copyFileSync(join(directory, name), `${dist}/licences/${basename(directory)}.txt`);
  }
}

/** Only in a checkout of our own: an unpacked release may lie inside somebody else's repository. */
function writeRevision() {
  const git = (...args) => spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout?.trim() ?? "";
  const isOwnCheckout = git("rev-parse", "--show-prefix") === "" && git("ls-files", "package.json") !== "";
  writeFileSync(`${dist}/revision`, isOwnCheckout ? git("rev-parse", "HEAD") : "");
}
