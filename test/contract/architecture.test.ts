import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderArchitecture } from "../../scripts/architecture-reference.ts";

const file = "docs/architecture.md";
const page = readFileSync(file, "utf8");

test("the page shows the import table that is enforced", async () => {
  expect(page, "run npm run docs:generate").toBe(await renderArchitecture(page));
});

test("every file that the page names exists", () => {
  const named = [
    ...page.matchAll(/`((?:src\/|test\/|scripts\/)?[a-z-]+(?:\/[a-z-]+)*\/[a-z-]+(?:\.[a-z]+)?)`/g),
  ];
  const missing = named
    .map(([, path = ""]) => path)
    .filter((path) => !path.includes("*") && !["", "src/"].some((root) => isThere(root + path)));
  expect(named.length).toBeGreaterThan(40);
  expect(missing).toEqual([]);
});

function isThere(path: string): boolean {
  return existsSync(path) || existsSync(`${path}.ts`);
}
