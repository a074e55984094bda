import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandEntries } from "../../src/commands/commands.ts";
import { RealPool } from "../kit/real-pool.ts";
import { programEnvironment, programFile } from "../kit/served-program.ts";

let pool: RealPool;

beforeAll(() => {
  pool = new RealPool(2);
});

afterAll(() => {
  pool.destroy();
});

const printImported = `
  import { isBuiltin } from "node:module";
  export async function resolve(specifier, context, next) {
    if (!isBuiltin(specifier) && !specifier.startsWith("data:")) console.error("loads " + specifier);
    return next(specifier, context);
  }`;
const asUrl = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
const watchLoading = `
  import { isBuiltin, Module, register } from "node:module";
  register(${JSON.stringify(asUrl(printImported))});
  const load = Module._load;
  Module._load = function (specifier, ...more) {
    if (!isBuiltin(specifier)) console.error("loads " + specifier);
    return load.call(this, specifier, ...more);
  };`;

/** Packages and files that the program loads after its first file. */
function loadedBy(...args: string[]): string[] {
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", asUrl(watchLoading), programFile, ...args],
    { encoding: "utf8", env: programEnvironment(pool) },
  );
  expect(status).toBe(0);
  const loaded = [...stderr.matchAll(/^loads (.*)$/gm)].map(([, name]) => name ?? "");
  return [...new Set(loaded)].filter((name) => !name.endsWith(programFile));
}

test("check loads no package, and nothing but the program's first file", () => {
  expect(loadedBy("check")).toEqual([]);
});

test("what check does not load is seen where it is loaded", () => {
  const loaded = loadedBy("alertmanager-config", "build1:10469");
  expect(loaded).toContain("yaml");
  expect(loaded).toContainEqual(expect.stringContaining("chunks/alertmanager-config"));
});

test.each(commandEntries.map(({ name }) => name))("--help of %s loads no package", (name) => {
  expect(loadedBy(name, "--help").filter((loaded) => !loaded.startsWith("."))).toEqual([]);
});
