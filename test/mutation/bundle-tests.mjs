import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";
import { rolldown } from "rolldown";
import * as testApi from "./test-api.mjs";

/** The test files below `test` that one of the patterns matches, by their path from there. */
export const findTests = (patterns) =>
  readdirSync("test", { recursive: true })
    .filter((path) => path.endsWith(".test.ts") && patterns.some((pattern) => pattern.test(path)))
    .sort();

/** A test file with all of our modules that it imports, as a function: each call begins with fresh modules. */
export async function bundleTest(file) {
  const input = resolve("test", file);
  const bundle = await rolldown({
    ...{ input, platform: "node", treeshake: false, logLevel: "silent" },
    external: (id) => !id.startsWith(".") && !id.startsWith("/"),
    plugins: [keepUrls],
  });
  const { output } = await bundle.generate({ format: "cjs", codeSplitting: false });
  await bundle.close();
  const [{ code, imports, modules }] = output;
  const require = await importAll(imports, input);
  const run = compileFunction(code, ["require", "module", "exports"], { filename: `${input}.cjs` });
  const collect = () =>
    testApi.collectTests(() => {
      const module = { exports: {} };
      run(require, module, module.exports);
    });
  return { file, modules: new Set(Object.keys(modules)), collect };
}

/** A module goes on finding what lies beside it. */
const keepUrls = {
  name: "keep-urls",
  transform: (code, id) =>
    code
      .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href))
      .replaceAll("import.meta.dirname", JSON.stringify(dirname(id))),
};

/** Packages are the same in every run: only our own modules are mutated. */
async function importAll(names, from) {
  const resolvePackage = createRequire(from);
  const found = new Map([["vitest", testApi]]);
  for (const name of names.filter((known) => !found.has(known))) {
    const place = name.startsWith("node:") ? name : pathToFileURL(resolvePackage.resolve(name)).href;
    found.set(name, await import(place));
  }
  return (name) => found.get(name) ?? resolvePackage(name);
}

/** For messages of the runner. */
export const testPath = (file) => join("test", file);
