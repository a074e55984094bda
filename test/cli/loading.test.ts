import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
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
  export async function resolve(specifier, context, next) {
    if (/^[@a-z]/.test(specifier) && !/^(?:node|file|data):/.test(specifier)) console.error("loads " + specifier);
    return next(specifier, context);
  }`;
const asUrl = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
const watchLoading = `
  import { isBuiltin, Module, register } from "node:module";
  register(${JSON.stringify(asUrl(printImported))});
  const load = Module._load;
  Module._load = function (specifier, ...more) {
    if (/^[@a-z]/.test(specifier) && !isBuiltin(specifier)) console.error("loads " + specifier);
    return load.call(this, specifier, ...more);
  };`;

function packagesOf(...args: string[]): string[] {
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", asUrl(watchLoading), programFile, ...args],
    { encoding: "utf8", env: programEnvironment(pool) },
  );
  expect(status).toBe(0);
  return [...new Set([...stderr.matchAll(/^loads (.*)$/gm)].map(([, name]) => name ?? ""))];
}

test("check loads no package", () => {
  expect(packagesOf("check")).toEqual([]);
});

test("what check does not load is seen where it is loaded", () => {
  expect(packagesOf("alertmanager-config", "build1:10469")).toContain("yaml");
});
