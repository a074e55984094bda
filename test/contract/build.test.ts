import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadCode } from "../../src/platform/compiled-code.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));

/** What the built files import that is no file of theirs. */
function importedPackages(): Set<string> {
  const files = readdirSync(`${project}dist`, { recursive: true, encoding: "utf8" });
  const code = files
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(`${project}dist/${name}`, "utf8"));
  const imports = code.flatMap((text) => [
    ...text.matchAll(/^(?:import|export)\b[^;"]*?(?:from )?"([^"]+)"/gm),
    ...text.matchAll(/\b(?:import|require[\w$]*)\("([^"]+)"\)/g),
  ]);
  const outside = imports.map(([, id]) => id ?? "").filter((id) => !/^(?:\.|node:)/.test(id));
  return new Set(outside.map((id) => /^(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? id));
}

test("what is built imports no package that is not installed with it", () => {
  const manifest = JSON.parse(readFileSync(`${project}package.json`, "utf8")) as Record<string, object>;
  const declared = Object.keys({ ...manifest["dependencies"], ...manifest["peerDependencies"] });
  const imported = importedPackages();
  expect([...imported].filter((name) => !declared.includes(name) && !isBuiltin(name))).toEqual([]);
  expect(imported).toContain("express");
});

test("what was compiled of the program is taken by the Node.js that built it", () => {
  expect(loadCode(`${project}dist/program.js`).cachedDataRejected).toBe(false);
});

test("the program's first file imports nothing by import(), which compiled code cannot", () => {
  const code = readFileSync(`${project}dist/program.js`, "utf8");
  expect(code.split("\n").filter((line) => /^(?!\s*\*).*\bimport\(/.test(line))).toEqual([]);
});

test("the program's first file is ASCII, which V8 keeps in the fewest bytes", () => {
  expect(readFileSync(`${project}dist/program.js`, "utf8")).toMatch(/^[\0-\x7f]*$/);
});
