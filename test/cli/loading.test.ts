import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RealPool } from "../support/real-pool.ts";
import { programEnvironment, programFile } from "../support/served-program.ts";

let pool: RealPool;

beforeAll(() => {
  pool = new RealPool(2);
});

afterAll(() => {
  pool.destroy();
});

const printPackages = `
  export async function resolve(specifier, context, next) {
    if (/^[@a-z]/.test(specifier) && !/^(?:node|file|data):/.test(specifier)) console.error("loads " + specifier);
    return next(specifier, context);
  }`;
const asUrl = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
const watchLoading = `import { register } from "node:module"; register(${JSON.stringify(asUrl(printPackages))});`;

function packagesOf(...args: string[]): string[] {
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", asUrl(watchLoading), programFile, ...args],
    { encoding: "utf8", env: programEnvironment(pool) },
  );
  expect(status).toBe(0);
  return [...new Set([...stderr.matchAll(/^loads (.*)$/gm)].map(([, name]) => name ?? ""))];
}

test("check loads no package but the one that reads its arguments", () => {
  expect(packagesOf("check")).toEqual(["commander"]);
});

test("what check does not load is seen where it is loaded", () => {
  expect(packagesOf("alertmanager-config", "build1:10469")).toContain("yaml");
});
