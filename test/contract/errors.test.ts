import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const thrown = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .flatMap((name) => [
    ...readFileSync(join("src", name), "utf8").matchAll(/new (Coded|Usage)Error\(\s*["'`](\w+)["'`]/g),
  ])
  .map(([, kind, code]) => ({ kind, code }));

const documented = readFileSync("docs/errors.md", "utf8")
  .split("\n## ")
  .map((section) => [...section.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code));

test("docs/errors.md has every code that is thrown, under the exit code that it leads to", () => {
  const codes = (kind: string): unknown[] =>
    [...new Set(thrown.filter((error) => error.kind === kind).map(({ code }) => code))].sort();
  const [, usage, environment] = documented;
  expect(usage?.toSorted()).toEqual(codes("Usage"));
  expect(environment?.toSorted()).toEqual(codes("Coded"));
});

test("a code is thrown for one kind of error alone", () => {
  const usage = thrown.filter(({ kind }) => kind === "Usage").map(({ code }) => code);
  const others = thrown.filter(({ kind }) => kind === "Coded").map(({ code }) => code);
  expect(others.filter((code) => usage.includes(code))).toEqual([]);
});
