import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadCode, runCompiledCode, saveCompiledCode } from "../../src/platform/compiled-code.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "compiled-"));
  file = join(directory, "program.js");
  // What lies above a temporary directory is not ours.
  writeFileSync(join(directory, "package.json"), '{ "type": "commonjs" }');
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** What the file exports when it is run. */
function run(): unknown {
  const require = createRequire(file);
  Reflect.deleteProperty(require.cache, file);
  runCompiledCode(file);
  return require(file) as unknown;
}

test("a file runs as a module does, and what it loads later gets its exports", () => {
  writeFileSync(join(directory, "later.js"), `exports.named = require("./program.js").name;`);
  writeFileSync(file, `exports.name = "program"; exports.later = () => require("./later.js").named;`);
  expect((run() as { later: () => string }).later()).toBe("program");
});

test("what was compiled is used", async () => {
  writeFileSync(file, "module.exports = (() => 1)();");
  expect(loadCode(file).cachedDataRejected).toBeUndefined();
  await saveCompiledCode(file);
  expect(loadCode(file).cachedDataRejected).toBe(false);
  expect(run()).toBe(1);
});

test("what was compiled of other code of the same length is not used", async () => {
  writeFileSync(file, "module.exports = (() => 1)();");
  await saveCompiledCode(file);
  writeFileSync(file, "module.exports = (() => 2)();");
  expect(run()).toBe(2);
});

test.each([
  ["nothing", ""],
  ["garbage", "x".repeat(5000)],
])("code runs where %s is in the place of what was compiled", (_, content) => {
  writeFileSync(file, "module.exports = 1;");
  writeFileSync(`${file}.compiled`, content);
  expect(run()).toBe(1);
});
